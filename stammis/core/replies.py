"""What a text that somebody wrote back means, by the phrases of seeds/inbound_words.csv.

A text is a word that opens or closes the door if nothing but such words and courtesy is in it, however it is written:
"Please STOP!", "s t o p", "Unsuscribe". So is a sentence that refuses, built of phrases of one language: a negation
and what somebody does not want more of, "Jag vill inte ha fler sms". A text that holds either among other words, or
turns it round ("don't stop"), is unclear: a person reads it, and until then its number gets no marketing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stammis.core.folding import LONGEST, fold_text
from stammis.core.seeds import read_seed

STOP, START, HELP, COURTESY, NO, UNCLEAR = "stop", "start", "help", "courtesy", "no", "unclear"
# the parts of a sentence that refuses, each of one language: "en" denies in Finnish and counts in Swedish
SUBJECT, NOT, WANT, RECEIVE, SEND = "subject", "not", "want", "receive", "send"
DETERMINER, MESSAGES = "determiner", "messages"
GRAMMAR = {SUBJECT, NOT, WANT, RECEIVE, SEND, DETERMINER, MESSAGES}
# what must stand beside them: "your messages" and "I want" are parts of such a sentence, "your stop" is not
FOLLOWED_BY = {SUBJECT: {NOT, WANT}, DETERMINER: {DETERMINER, MESSAGES}}
PRECEDED_BY = {RECEIVE: {NOT, WANT}}  # "vill inte ha"; elsewhere "ha" is a laugh
OTHER = "other"
CLAUSE_ENDS = re.compile(r"[.,;:!?]+(?=\s|$)")
SHORTEST_DAMAGED = 4  # letters of a word to stop that is known when it is damaged: "en d" and "3nd" mean other things
SHORTEST_MISSPELT = 8  # and when a letter is wrong; "subscribe" and "anmälan" stay two letters from their opposites
LONGEST_ENDING = 6  # letters after a stem
DRAWN_OUT, REPEATED = re.compile(r"(.)\1{2,}"), re.compile(rf"^(.{{{SHORTEST_DAMAGED},}}?)\1+$")
DIGITS = str.maketrans("0134578", "oieastb")  # the letters they stand for: st0p

Phrases = Mapping[str, str]  # folded phrase → meaning
Found = tuple[str | None, str]  # (meaning of a phrase, None if it is not known; the phrase)


@dataclass(frozen=True)
class ReplyWords:
    """The folded phrases. `shared`: those of all languages; `grammars`: those of each language that build sentences.

    `stems`: how words to stop begin, whatever their endings. No thanks is a courtesy beside other words, and alone it
    may be a stop.
    """

    shared: Phrases
    grammars: Mapping[str, Phrases]
    stems: tuple[str, ...] = ()

    def meaning_of(self, text: str) -> tuple[str | None, str | None]:
        """(stop | start | help | unclear | None, the folded phrase that says so). None is any other text."""
        words = self._mended(fold_text(text).split())
        clauses = [self._mended(fold_text(clause).split()) for clause in CLAUSE_ENDS.split(text[:LONGEST])]
        clauses = [clause for clause in clauses if clause] if len(words) > 1 else [words]
        readings = [self._read(clauses, phrases) for phrases in self._of_languages(words)]
        if len(clauses) > 1:  # a full stop or comma may stand anywhere
            readings += [_doubted(self._read([words], phrases)) for phrases in self._of_languages(words)]
        for wanted in (STOP, UNCLEAR, START, HELP):
            for meaning, phrase in readings:
                if meaning == wanted:
                    is_doubtful = meaning == STOP and (
                        len(text) > LONGEST or ("?" in text and phrase not in self._stops)
                    )
                    return UNCLEAR if is_doubtful else meaning, phrase
        return None, None

    def _of_languages(self, words: list[str]) -> Iterator[Phrases]:
        """The phrases by which these words may be read: of each language that has one of them, or of none."""
        used = set(words)
        found = [phrases for language, phrases in self._vocabularies.items() if used & self._own_words[language]]
        yield from found or [self.shared]

    def _read(self, clauses: list[list[str]], phrases: Phrases) -> tuple[str | None, str | None]:
        said = [_meaning_of_clause(_connected(list(self._phrases_of(clause, phrases)))) for clause in clauses]
        said = [each for each in said if each[0] != COURTESY]
        content = [each for each in said if each[0] != NO]
        if not content:
            return (UNCLEAR, said[0][1]) if said else (None, None)
        if len({meaning for meaning, _ in content}) == 1:
            return content[0] if content[0][0] != OTHER else (None, None)
        stops = [phrase for meaning, phrase in content if meaning in (STOP, UNCLEAR)]
        return (UNCLEAR, stops[0]) if stops else (None, None)

    def _phrases_of(self, words: list[str], phrases: Phrases) -> Iterator[Found]:
        """The longest known phrase at each place, with its meaning; None for a word that begins none."""
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                phrase = " ".join(words[at : at + length])
                if phrase in phrases or length == 1:
                    yield phrases.get(phrase), phrase
                    at += length
                    break

    def _mended(self, words: list[str]) -> list[str]:
        """The words, with those to stop as they are spelled: "sto p" and "STOPSTOP1" are stop, "st0p" is, too."""
        mended, at = [], 0
        while at < len(words):
            parts = self._parts_of_stop(words[at:])
            mended += ["".join(words[at : at + parts])] if parts > 1 else self._mended_word(words[at])
            at += parts
        return mended

    def _parts_of_stop(self, words: list[str]) -> int:
        """How many of the first words make a word to stop if they are joined; 1 if none do."""
        joined, found = "", 1
        for count, word in enumerate(words, 1):
            joined += word
            if joined not in self._beginnings:
                break
            if joined in self._stops and len(joined) >= SHORTEST_DAMAGED:
                found = count
        return found

    def _mended_word(self, word: str) -> list[str]:
        """The word, or the word to stop that it is; both where it was written together with another: stopsms."""
        if word in self._known or len(word) < SHORTEST_DAMAGED:
            return [word]
        if stop := self._stop_in(word):
            return [stop]
        for end in range(1, len(word)):
            both = [word[:end], word[end:]]
            is_known = all(each in self.shared or (each in self._known and len(each) > 2) for each in both)
            if is_known and any(len(each) >= SHORTEST_DAMAGED and each in self._stops for each in both):
                return both
        return [word]

    def _stop_in(self, word: str) -> str | None:
        """The word to stop that a word is, if it is damaged: repeated, drawn out, with digits, inflected, misspelt."""
        for way in _ways_to_read(word):
            if way in self._stops and len(way) >= SHORTEST_DAMAGED:
                return way
            if inflected := self._inflected.fullmatch(way):
                return inflected[1]
        if not self._halves.search(word):
            return None
        endings = range(-1, LONGEST_ENDING + 1)
        for stop in self._long_stops:
            beginnings = [word[: len(stop) + more] for more in (-1, 0, 1)] if stop in self.stems else [word]
            if len(word) - len(stop) in endings and any(is_one_off(each, stop) for each in beginnings):
                return stop
        return None

    @cached_property
    def _stops(self) -> frozenset[str]:
        return frozenset(phrase for phrase, meaning in self.shared.items() if meaning == STOP)

    @cached_property
    def _inflected(self) -> re.Pattern[str]:
        return re.compile(rf"({'|'.join(self.stems) or '(?!)'})[a-z]{{0,{LONGEST_ENDING}}}")

    @cached_property
    def _long_stops(self) -> list[str]:
        return [stop for stop in self._stops if " " not in stop and len(stop) >= SHORTEST_MISSPELT]

    @cached_property
    def _halves(self) -> re.Pattern[str]:
        """A wrong letter leaves one half of a word whole, so that few words need be compared."""
        halves = [half for stop in self._long_stops for half in (stop[: len(stop) // 2], stop[len(stop) // 2 :])]
        return re.compile("|".join(sorted(halves)) or "(?!)")

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(stop[:end] for stop in self._stops if " " not in stop for end in range(1, len(stop) + 1))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.shared).union(*self.grammars.values())

    @cached_property
    def _vocabularies(self) -> Mapping[str, Phrases]:
        return {language: {**self.shared, **grammar} for language, grammar in self.grammars.items()}

    @cached_property
    def _own_words(self) -> Mapping[str, frozenset[str]]:
        return {
            language: frozenset(word for phrase in grammar for word in phrase.split())
            for language, grammar in self.grammars.items()
        }

    @cached_property
    def _longest(self) -> int:
        return max((len(phrase.split()) for phrase in self._known), default=1)


def _connected(found: list[Found]) -> list[Found]:
    """The phrases; one is not known where what it belongs to does not stand beside it."""
    meanings = [None, *(meaning for meaning, _ in found), None]
    return [
        (meaning, phrase)
        if before in PRECEDED_BY.get(meaning or "", {before}) and after in FOLLOWED_BY.get(meaning or "", {after})
        else (None, phrase)
        for (meaning, phrase), before, after in zip(found, meanings, meanings[2:], strict=False)
    ]


def _meaning_of_clause(found: list[Found]) -> tuple[str, str]:
    """(stop | start | help | no | unclear | courtesy | other, the phrase that says so)."""
    meanings = {meaning for meaning, _ in found}
    stop = next((phrase for meaning, phrase in found if meaning == STOP), None)
    refusal = _refusal_in(found)
    if None in meanings:
        return (UNCLEAR, stop or refusal) if stop or refusal else (OTHER, "")
    if stop:
        return UNCLEAR if meanings & {NOT, START, HELP} else STOP, stop
    if refusal:
        is_about_sending = SEND in meanings and meanings & {SUBJECT, WANT}  # "jag vill inte skicka sms"
        return NO if is_about_sending else STOP, refusal
    for said in (START, HELP):
        if said in meanings:
            return said if not meanings & {NOT, START, HELP} - {said} else OTHER, _first(found, said)
    for said in (NO, NOT):
        if said in meanings:
            return NO, _first(found, said)
    return (OTHER, "") if MESSAGES in meanings and meanings & {WANT, SEND} else (COURTESY, "")


def _refusal_in(found: list[Found]) -> str:
    """The first known phrases in a row that deny messages, of which nothing else is said; empty if there are none."""
    run: list[Found] = []
    for each in [*found, (None, "")]:
        if each[0] is not None:
            run.append(each)
            continue
        meanings = [meaning for meaning, _ in run]
        if NOT in meanings and MESSAGES in meanings[meanings.index(NOT) :]:
            return " ".join(phrase for _, phrase in run)
        run = []
    return ""


def _first(found: list[Found], wanted: str) -> str:
    return next(phrase for meaning, phrase in found if meaning == wanted)


def _ways_to_read(word: str) -> set[str]:
    """A word without the digits after it or with letters for digits, without letters drawn out, and said once."""
    bare = word.rstrip("0123456789")
    ways = {bare, word.translate(DIGITS), bare.translate(DIGITS)}
    ways |= {DRAWN_OUT.sub(letters, way) for way in ways for letters in (r"\1", r"\1\1")}
    return {REPEATED.sub(r"\1", way) for way in ways}


def _doubted(reading: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    return (UNCLEAR if reading[0] == STOP else None), reading[1]


def is_one_off(word: str, right: str) -> bool:
    """Whether a word has one letter too many, too few or wrong, or two changed about."""
    if abs(len(word) - len(right)) > 1:
        return False
    start = next((n for n, (one, other) in enumerate(zip(word, right, strict=False)) if one != other), None)
    if start is None:
        return True
    one, other = word[start:], right[start:]
    return one[1:] == other[1:] or one[1:] == other or one == other[1:] or one[:2] + one[2:] == other[1::-1] + other[2:]


def read_reply_words(dbt_project: Path) -> ReplyWords:
    """Read seeds/inbound_words.csv; a phrase may stand there as people write it, and `*` after a stem."""
    shared: dict[str, str] = {}
    grammars: dict[str, dict[str, str]] = {}
    stems = []
    for row in read_seed(dbt_project, "inbound_words"):
        phrase = fold_text(row["word"])
        if row["meaning"] in GRAMMAR:
            grammars.setdefault(row["language"], {})[phrase] = row["meaning"]
        else:
            shared[phrase] = row["meaning"]
        if row["word"].endswith("*"):
            stems.append(phrase)
    return ReplyWords(shared, grammars, tuple(stems))
