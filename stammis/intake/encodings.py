"""In which encoding a CSV file is written: UTF-8, or Windows-1252 where nothing else explains its bytes.

Spreadsheets of Western Europe save a CSV so. Other encodings of one byte a character use the same bytes for other
letters, so a file is read as Windows-1252 only where all of it makes Western text, or where its source says so.
"""

import codecs
import re
from pathlib import Path

from stammis.intake.files import chunks_of

UTF_8, WINDOWS_1252 = "utf-8-sig", "cp1252"
# All that Western text has none of. Of the bytes beyond ASCII it has letters, and € ’ – — £ § « ° ´ » and a hard space.
# Quotation marks and the letters below 0xA0 are left out, as DOS and the Macintosh wrote their common letters so.
FOREIGN = re.compile(
    rb"[\x81-\x91\x93-\x95\x98-\x9f\xa1\xa2\xa4-\xa6\xa8-\xaa\xac-\xaf\xb1-\xb3\xb5-\xba\xbc-\xbf\xd7\xf7]"
)
UTF_8_CHARACTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
WORD, LETTER = re.compile(rb"[A-Za-z]*[\xc0-\xff][A-Za-z\xc0-\xff]*"), re.compile(rb"[\xc0-\xff]")


def encoding_of(path: Path, declared: str | None) -> str:
    """UTF_8 or WINDOWS_1252. `declared`: what the source says its files are where they are not UTF-8.

    A file of neither counts as UTF-8: its rows say which of them are not.
    """
    if (rest := _utf_8_rest(path)) is not None and (not rest or not declared):
        return UTF_8
    return WINDOWS_1252 if declared or _is_western(path) else UTF_8


def _utf_8_rest(path: Path) -> bytes | None:
    """What stands of a letter in which the file is cut, as a rule nothing; None if it is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks_of(path):
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return None
    return decoder.getstate()[0]


def _is_western(path: Path) -> bool:
    """Whether every byte is one of Western text, none are of UTF-8, and no more than half the letters beyond ASCII.

    Cyrillic and Greek are nearly all such letters; only words that have one are counted.
    """
    high, letters, rest = 0, 0, b""
    for chunk in chunks_of(path):
        if FOREIGN.search(chunk) or UTF_8_CHARACTER.search(rest + chunk):
            return False
        words = WORD.findall(chunk)
        high, letters = high + sum(len(LETTER.findall(word)) for word in words), letters + sum(map(len, words))
        rest = chunk[-3:]
    return 2 * high <= letters
