"""What a text that somebody wrote back means, by the phrases of seeds/inbound_words.csv.

A text is a word that opens or closes the door if nothing but such words and courtesy is in it, however it is written:
"Please STOP!", "s t o p", "Inga fler sms, tack". A text that holds a word to stop among others ("don't stop") is
unclear: a person reads it, and until then its number gets no marketing.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stammis.core.seeds import read_seed

STOP, START, HELP, COURTESY, NO, UNCLEAR = "stop", "start", "help", "courtesy", "no", "unclear"
LONGEST = 1000  # characters that are looked at; an SMS of ten parts has 1,530


def fold_text(text: str) -> str:
    """The words of a text without case, accents, punctuation, emoji and hidden characters, one space apart."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST].replace("ı", "i")).casefold()
    plain = plain.translate(LETTERS)
    kept = "".join(each if each.isalnum() else "" if unicodedata.category(each) in JOINED else " " for each in plain)
    words = kept.split()
    # spelled out, as in "S T O P"
    return "".join(words) if len(words) > 2 and all(len(word) == 1 for word in words) else " ".join(words)


JOINED = {"Mn", "Cf", "Sk", "Me"}  # accents, invisible characters, tones of emoji
LETTERS = {ord("'"): None, ord("’"): None, ord("´"): None, ord("`"): None, ord("ø"): "o", ord("æ"): "ae", ord("ð"): "d"}


@dataclass(frozen=True)
class ReplyWords:
    """The folded phrases, each with its meaning: stop, start, help, courtesy (nothing), or no.

    No thanks is a courtesy beside other words, and alone it may be a stop.
    """

    meanings: Mapping[str, str]

    def meaning_of(self, text: str) -> tuple[str | None, str | None]:
        """(stop | start | help | unclear | None, the folded phrase that says so). None is any other text."""
        found = list(self._phrases_of(fold_text(text).split()))
        said = [(meaning, phrase) for meaning, phrase in found if meaning not in (COURTESY, NO)]
        if not said and (declined := [phrase for meaning, phrase in found if meaning == NO]):
            return UNCLEAR, declined[0]
        meanings = {meaning for meaning, _ in said}
        if len(meanings) == 1 and None not in meanings:
            return said[0]
        stops = [phrase for meaning, phrase in said if meaning == STOP]
        return (UNCLEAR, stops[0]) if stops else (None, None)

    def _phrases_of(self, words: list[str]) -> Iterable[tuple[str | None, str]]:
        """The longest known phrase at each place, with its meaning; None for a word that begins none."""
        while words:
            for length in range(min(self._longest, len(words)), 0, -1):
                phrase = " ".join(words[:length])
                if phrase in self.meanings or length == 1:
                    yield self.meanings.get(phrase), phrase
                    del words[:length]
                    break

    @cached_property
    def _longest(self) -> int:
        return max((len(phrase.split()) for phrase in self.meanings), default=1)


def read_reply_words(dbt_project: Path) -> ReplyWords:
    """Read seeds/inbound_words.csv; a phrase may stand there as people write it."""
    return ReplyWords({fold_text(row["word"]): row["meaning"] for row in read_seed(dbt_project, "inbound_words")})
