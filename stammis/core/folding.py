"""Folds what people write to plain lower-case words, whatever letters they write them in."""

import re
import unicodedata

LONGEST = 1000  # characters that are looked at; an SMS of ten parts has 1,530
JOINED = {"Mn", "Cf", "Sk", "Me"}  # accents, invisible characters, tones of emoji
# signs that say something by themselves: one says stop, the others no
SIGNS = {"🛑": " stop ", "🚫": " no thanks ", "⛔": " no thanks "}
APOSTROPHES = "'’´`‘ʼ‛′"
# letters of other alphabets by the Latin ones they look like, in lower case; Cyrillic, then Greek
CYRILLIC, LATIN_OF_CYRILLIC = "авеёзікмнорстухѕјһԁԛԝӏ", "abee3ikmhopctyxsjhdqwl"
GREEK, LATIN_OF_GREEK = "αβεζηικμνορτυχ", "abezhikmnoptyx"
# a letter with a stroke or hook, a small capital, one in a black square or circle: by its name in Unicode
LATIN = re.compile(
    r"(?:LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?|REGIONAL INDICATOR SYMBOL LETTER )([A-Z])(?: WITH .*)?$"
)
FLAG = re.compile(r"(?<![\U0001F1E6-\U0001F1FF])[\U0001F1E6-\U0001F1FF]{2}(?![\U0001F1E6-\U0001F1FF])")


class _Letters(dict[int, str]):
    """The plain letters of each character that is not plain, found as they are asked for; there are few kinds."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if latin := LATIN.search(unicodedata.name(character, "")):
            self[code] = latin[1].lower()
        elif character.isalnum():
            self[code] = character
        else:
            self[code] = "" if unicodedata.category(character) in JOINED else " "
        return self[code]


LETTERS = _Letters()
LETTERS |= {ord(one): latin for one, latin in zip(CYRILLIC + GREEK, LATIN_OF_CYRILLIC + LATIN_OF_GREEK, strict=True)}
LETTERS |= {ord(sign): words for sign, words in SIGNS.items()} | {ord(mark): "" for mark in APOSTROPHES}
LETTERS |= {ord("æ"): "ae", ord("$"): "s"}


def fold_text(text: str) -> str:
    """The words of a text without case, accents, punctuation, emoji and hidden characters, one space apart."""
    plain = unicodedata.normalize("NFKD", FLAG.sub(" ", text[:LONGEST])).casefold()
    words = unicodedata.normalize("NFKD", plain).translate(LETTERS).split()
    # spelled out, as in "S T O P"
    return "".join(words) if len(words) > 2 and all(len(word) == 1 for word in words) else " ".join(words)
