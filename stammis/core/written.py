"""Finds e-mail addresses and telephone numbers in any text, however they are written there.

A text is read in several ways, as escapes are ambiguous ("=46" is a letter of quoted-printable, and how many a number
begins): as it stands, and with its escapes undone; with its white space, and without what may stand within an address.
"""

import html
import re
import unicodedata
from html.entities import html5
from urllib.parse import unquote

from stammis.core.identifiers import visible

MAILBOX = r"[\w.!#$%&'*+/=?^`{|}~-]"
EMAIL = re.compile(rf"(?<!{MAILBOX}){MAILBOX}++@[\w-]++(?:\.[\w-]++)++")  # linear, however long a text is
NUMBER = re.compile(r"(?<![\w.])(?:\+|00?)?[1-9](?:[ ().\-/]{0,3}[0-9]){6,14}(?![\w])")
DASHES = re.compile("[‐-―−]")
# how intake writes a NUL; fillers, selectors of variants and the empty Braille cell, which Unicode counts as letters
UNSEEN_LETTERS = re.compile("[\u2400-\u2421\u034f\u115f\u1160\u3164\uffa0\ufe00-\ufe0f\u2800]")
AROUND_AT = re.compile(r"(?<!\s)\s+@\s*|@\s+")
PLAIN_SPACE = " \t\r\n"
ESCAPED = re.compile(r"(?:\\{1,8}|%)u\{?([0-9a-fA-F]{4})\}?|\\{1,8}x([0-9a-fA-F]{2})")
QUOTED_PRINTABLE = re.compile(r"(?:=[0-9a-fA-F]{2})+")
SOFT_LINE_END = re.compile(r"=[ \t]*(?:\r?\n| )")
LONGEST_EMAIL = 320  # characters; more are none
DEEPEST = 3  # escapes of escapes, as in %252540
ENTITIES: dict[str, list[str]] = {}
for _name, _characters in html5.items():
    ENTITIES.setdefault(_characters, []).append(_name)
# what nobody sees, and white space but the plain, in UTF-8
UNSEEN = (
    rb"(?:[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\xa0\xad]|\xe1\x9a\x80|\xe2\x80[\x80-\x8f\xa8-\xaf]"
    rb"|\xe2\x81[\x9f-\xaf]|\xe2\x90[\x80-\xa1]|\xe3\x80\x80|\xef\xbb\xbf)"
).decode("latin-1")

BETWEEN_DIGITS = rf"(?:[ ().\-/]|\xe2\x80[\x90-\x95]|\xe2\x88\x92|{UNSEEN}){{0,3}}"  # likewise in bytes


def addresses_in(text: str) -> tuple[set[str], set[str]]:
    """The e-mail addresses in a text and what may be telephone numbers, in plain letters, not yet normalised."""
    emails: set[str] = set()
    numbers: set[str] = set()
    for reading in _readings(text):
        emails.update(each for each in EMAIL.findall(reading) if len(each) <= LONGEST_EMAIL)
        numbers.update(NUMBER.findall(reading))
    return emails, numbers


def _readings(text: str) -> set[str]:
    undone = _undone(_plain(text), is_quoted_printable=False)
    found: set[str] = set()
    for each in {text, undone, _undone(undone, is_quoted_printable=True)}:
        seen = UNSEEN_LETTERS.sub("", each)
        found.add(_plain(seen))
        if not seen.isascii() or not seen.isprintable():  # a space that is not plain rarely stands between two words
            found.add(_plain("".join(part for part in seen if part in PLAIN_SPACE or not part.isspace())))
        if AROUND_AT.search(seen):
            found.add(_plain(AROUND_AT.sub("@", seen)))
    return found


def _plain(text: str) -> str:
    """The text without what nobody sees, full-width letters plain, any digits 0 to 9 and any dash a hyphen."""
    if text.isascii() and text.isprintable():
        return text
    digits = "".join(str(unicodedata.digit(each)) if each.isdigit() and not each.isascii() else each for each in text)
    return DASHES.sub("-", visible(digits))


def _undone(text: str, *, is_quoted_printable: bool) -> str:
    """The text without escapes of links, JSON and HTML, also of escapes; and of quoted-printable mail."""
    for _ in range(DEEPEST):
        before = text
        text = html.unescape(unquote(ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)))
        if is_quoted_printable:
            text = QUOTED_PRINTABLE.sub(_bytes_of, SOFT_LINE_END.sub("", text))
        if text == before:
            break
    return text


def _bytes_of(quoted: re.Match[str]) -> str:
    return bytes.fromhex(quoted[0].replace("=", "")).decode("utf-8", "replace")


def spelled(text: str, between: str = "") -> str:
    """A pattern, to be encoded as latin-1, that finds a text in bytes of UTF-8: any of its characters may be escaped.

    `between`: a pattern of what may stand between two characters, beside what nobody sees.
    """
    return (between or f"{UNSEEN}*").join(map(_character, text))


def _character(character: str) -> str:
    code, encoded = ord(character), character.encode()
    literal = "|".join(sorted({re.escape(each.encode().decode("latin-1")) for each in (character, character.upper())}))
    escapes = [
        "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in encoded),
        "".join(f"={byte:02x}" for byte in encoded),
        rf"(?:\\{{1,8}}|%)u\{{?{code:04x}\}}?",
        rf"\\{{1,8}}x{code:02x}",
        *(
            f"&(?:amp;){{0,3}}{each}"
            for each in [rf"#(?:{code}|x{code:x})(?![0-9a-f]);?", *ENTITIES.get(character, ())]
        ),
    ]
    return rf"(?:{literal}|(?=[%=&\\])(?:{'|'.join(escapes)}))"
