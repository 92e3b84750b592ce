"""JSON documents of any size, row by row: an array, one object after another, or rows that a document wraps.

The text is read through a window, so a document of gigabytes takes a few megabytes of memory. A row that is no JSON
or too long costs itself where its end can be told by its brackets, and else the rest of the file.
"""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from stammis.intake.lines import (
    CUT,
    CUT_TEXT,
    LINE_MARK,
    LONGEST,
    SHORTENED,
    TOO_LONG,
    Copy,
    Line,
    printable,
    trouble_of,
)

CHUNK = 1 << 20  # characters
WINDOW = 2 * LONGEST  # characters; a document that does not fit is walked through to its rows
DECODER = json.JSONDecoder(strict=False)
BETWEEN_ELEMENTS, BETWEEN_KEYS, COLON = re.compile(r"[\s,\[\]]*"), re.compile(r"[\s,]*"), re.compile(r"[\s:]*")
WITHIN_QUOTES, OUTSIDE_QUOTES = re.compile(r'[^"\\]*'), re.compile(r'[^"{}\[\],]*')


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a document, or what is wrong with it. `text`: how the latter begins; `is_held`: that is all of it."""

    value: Any
    trouble: str | None = None
    text: str = ""
    is_held: bool = False


def number_elements(source: Path, is_whole: bool, copy: Copy, quarantined: Path, places: Sequence[str] = ()) -> int:
    """Split a document (unpacked) into `copy` and `quarantined` as number_records does; `line` is a row's number.

    `places`: where a contract finds its rows within such a document.
    """
    count = 0
    with (
        source.open(encoding="utf-8-sig", errors="surrogateescape") as stream,
        copy as sound,
        quarantined.open("w", encoding="utf-8", newline="") as unsound,
    ):
        rows = csv.writer(unsound, lineterminator="\n")
        for row in _rows(stream, is_whole, places):
            count += 1
            text = row.text if row.trouble else json.dumps(row.value, ensure_ascii=False)
            written = "" if row.trouble else json.dumps(row.value)
            if trouble := row.trouble or trouble_of(text) or (TOO_LONG if len(written) > LONGEST else None):
                rows.writerow([count, trouble, printable(text)])
            else:
                sound.write(f"{count}{LINE_MARK}{written}\n")
    return count


def read_elements(source: Path, places: Sequence[str]) -> Iterator[Line]:
    """Yield the rows of a JSON document, numbered as by `number_elements`; leaves out what breaks off."""
    with source.open(encoding="utf-8-sig", errors="surrogateescape") as stream:
        for count, row in enumerate(_rows(stream, True, places), 1):
            if not row.trouble:
                yield count, json.dumps(row.value, ensure_ascii=False)
            elif row.is_held:
                yield count, row.text


def rows_at(element: Any, places: Sequence[str]) -> list[Any]:
    """The rows at these places of a document; the document itself if it has none of them."""
    found = [_standing_at(element, place.split(".")) for place in places]
    if all(rows is None for rows in found):
        return [element]
    return [row for rows in found for row in rows or []]


def _standing_at(value: Any, keys: Sequence[str]) -> list[Any] | None:
    """The elements at a place: `name[]` is a list, a bare name one element. None if there is no such place."""
    if not keys:
        return [value]
    key, is_list = keys[0].removesuffix("[]"), keys[0].endswith("[]")
    if not isinstance(value, dict) or key not in value or isinstance(value[key], list) != is_list:
        return None
    inside = value[key] if is_list else [value[key]]
    found = [rows for inner in inside if (rows := _standing_at(inner, keys[1:])) is not None]
    return [row for rows in found for row in rows] if found or not inside else None


class _TooLong(ValueError):
    """The window does not hold the value."""


class _Window:
    """A text that is read on as it is used. `here`: the character at which it stands, empty at the end."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.text, self.at, self.lines_before = stream, "", 0, 0

    @property
    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def read_on(self) -> bool:
        """Forget what was passed and read more; False at the end of the file."""
        chunk = self.stream.read(CHUNK)
        self.lines_before += self.text.count("\n", 0, self.at)
        self.text, self.at = self.text[self.at :] + chunk, 0
        return bool(chunk)

    def skip(self, gap: re.Pattern[str]) -> bool:
        """Pass over a gap; False if nothing follows."""
        while True:
            found = gap.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return True
            if not self.read_on():
                return False

    def value(self) -> Any:
        """Read the value that stands here. Raises ValueError, RecursionError, _TooLong, and stays where it is."""
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError:  # of the text or of the window's end
                if len(self.text) - self.at > WINDOW:
                    raise _TooLong from None
                if not self.read_on():
                    DECODER.raw_decode(self.text, self.at)  # says the place within what the window holds now
                continue
            length = end - self.at
            if end < len(self.text) or not self.read_on():  # a number may go on beyond the window
                self.at += length
                return value

    def pass_over(self) -> bool:
        """Pass over the value that stands here, however long, by its brackets; False if the file ends within it."""
        depth, is_quoted = 0, False
        while True:
            found = (WITHIN_QUOTES if is_quoted else OUTSIDE_QUOTES).match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at + 1 >= len(self.text) and not self.read_on() and not self.here:
                return not is_quoted and not depth
            character = self.here
            if is_quoted:
                self.at += 2 if character == "\\" else character == '"'
                is_quoted = character != '"'
            elif character == '"':
                self.at, is_quoted = self.at + 1, True
            elif depth == 0 and character in ",]}":
                return True
            elif character and character in "{[,]}":
                self.at += 1
                depth += {"{": 1, "[": 1, ",": 0}.get(character, -1)
            if not depth and not is_quoted and character and character in '"]}':
                return True


def _rows(stream: TextIO, is_whole: bool, places: Sequence[str]) -> Iterator[Row]:
    window, ending = _Window(stream), CUT_TEXT if is_whole else CUT
    while window.skip(BETWEEN_ELEMENTS):
        try:
            element = window.value()
        except (ValueError, RecursionError) as error:
            if isinstance(error, _TooLong) and window.here == "{" and places:
                yield from _wrapped_rows(window, [place.split(".") for place in places], ending)
            else:
                yield _passed(window, _reason(window, error), ending)
        else:
            yield from map(Row, rows_at(element, places))


def _wrapped_rows(window: _Window, places: list[list[str]], ending: str) -> Iterator[Row]:
    """The rows of an object that the window does not hold: its keys are walked, and only what they lead to is read."""
    start, is_found, is_said = window.text[window.at : window.at + SHORTENED + 1], False, False
    try:
        window.at += 1
        while window.skip(BETWEEN_KEYS) and window.here != "}":
            key = window.value()
            window.skip(COLON)
            of_list = [place[1:] for place in places if place[0] == f"{key}[]"]
            of_value = [place[1:] for place in places if place[0] == key]
            if window.here == "[" and of_list:
                is_found, window.at = True, window.at + 1
                while window.skip(BETWEEN_KEYS) and window.here != "]":
                    for row in _listed_rows(window, of_list, ending):
                        yield row
                        is_said = ending in (row.trouble or "")
                window.at += 1
            elif window.here == "{" and any(of_value):
                is_found = True
                yield from _wrapped_rows(window, [place for place in of_value if place], ending)
            elif of_value:
                is_found = True
                yield from _listed_rows(window, [[]], ending)
            else:
                window.pass_over()
        if not window.here and not is_said:
            yield Row(None, f"is not whole JSON; {ending}", start)
        elif not is_found:
            yield Row(None, TOO_LONG, start)
        window.at += 1
    except (ValueError, RecursionError) as error:  # no JSON between the keys: where it goes on, nobody can tell
        yield _passed(window, _reason(window, error), ending, to_the_end=True)


def _listed_rows(window: _Window, places: list[list[str]], ending: str) -> Iterator[Row]:
    """The row that stands here, or those within it."""
    try:
        value = window.value()
    except (ValueError, RecursionError) as error:
        yield _passed(window, _reason(window, error), ending)
    else:
        yield from (Row(row) for place in places for row in _standing_at(value, place) or [])


def _passed(window: _Window, reason: str, ending: str, *, to_the_end: bool = False) -> Row:
    """The row that cannot be read, and is passed over: only an object's end can be told."""
    text, start = window.text, window.at
    if window.here == "{" and not to_the_end and window.pass_over():
        remedy = "" if reason == TOO_LONG else ": export the row again"
        is_held = window.text is text
        return Row(None, f"{reason}{remedy}", text[start : window.at if is_held else start + SHORTENED + 1], is_held)
    while window.read_on():
        window.at = len(window.text)
    window.at = len(window.text)
    return Row(None, f"{reason}; {ending}", text[start : start + SHORTENED + 1])


def _reason(window: _Window, error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON (line {window.lines_before + error.lineno}, character {error.colno})"
    if isinstance(error, _TooLong):
        return TOO_LONG
    return "is nested too deeply" if isinstance(error, RecursionError) else "holds a number with too many digits"
