"""JSON documents of any size, row by row: an array, one object after another, or rows that a document wraps.

The text is read through a window, so a document of gigabytes takes a few megabytes of memory. A row that is no JSON
or too long costs itself: it ends where the next one plainly begins, or where its brackets close. Where neither can be
told it costs the rest of the file, and says so.
"""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

from stammis.intake.headers import DECODER, FIRST_KEY, next_row, rows_at, standing_at
from stammis.intake.lines import (
    CUT,
    CUT_TEXT,
    LINE_MARK,
    LONGEST,
    REST,
    SHORTENED,
    TOO_LONG,
    Copy,
    Line,
    printable,
    trouble_of,
)

CHUNK = 1 << 20  # characters
WINDOW = 2 * LONGEST  # characters; a document that does not fit is walked through to its rows
BETWEEN_ELEMENTS, BETWEEN_KEYS, COLON = re.compile(r"[\s,\[\]]*"), re.compile(r"[\s,]*"), re.compile(r"[\s:]*")
WITHIN_QUOTES, OUTSIDE_QUOTES = re.compile(r'[^"\\]*'), re.compile(r'[^"{}\[\],]*')
CLOSING = {"{": "}", "[": "]"}
NEVER_ENDS = "Unterminated string"  # what json says of a string that is not closed, or of a window that ends within it
LONGEST_WORD = 20  # false, \\u0000: what the end of a window may cut


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


def is_empty_list(source: Path, places: Sequence[str]) -> bool:
    """Whether a document without rows says that there are none: an empty list, at one of the places if it has them."""
    with source.open(encoding="utf-8-sig", errors="surrogateescape") as stream, suppress(ValueError, RecursionError):
        window = _Window(stream)
        value = window.value() if window.skip(BETWEEN_KEYS) else None
        wrapping = value if isinstance(value, list) else [value]
        return all(isinstance(element, dict) and rows_at(element, places) == [] for element in wrapping)
    return False


class _TooLong(ValueError):
    """The window does not hold the value."""


class _Window:
    """A text that is read on as it is used. `here`: the character at which it stands, empty at the end.

    `open_lists`: brackets that were skipped and not closed; `keys`: of the last sound row.
    """

    def __init__(self, stream: TextIO, text: str = "") -> None:
        self.stream, self.text, self.at, self.lines_before = stream, text, 0, 0
        self.open_lists, self.keys = 0, frozenset[str]()

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
            if found := gap.match(self.text, self.at):
                self.open_lists += found[0].count("[") - found[0].count("]")
                self.at = found.end()
            if self.at < len(self.text):
                return True
            if not self.read_on():
                return False

    def value(self) -> Any:
        """Read the value that stands here. Raises ValueError, RecursionError, _TooLong, and stays where it is."""
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:  # of the text or of the window's end
                if error.pos < len(self.text) - LONGEST_WORD and not error.msg.startswith(NEVER_ENDS):
                    raise
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
        """Pass over the value that stands here, however long, by its brackets; False if the file ends within it.

        It ends as well before a bracket that closes none of its own, but the list in which it stands.
        """
        closing, is_quoted = list[str](), False
        while True:
            found = (WITHIN_QUOTES if is_quoted else OUTSIDE_QUOTES).match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at + 1 >= len(self.text) and not self.read_on() and not self.here:
                return not is_quoted and not closing
            character = self.here
            if is_quoted:
                self.at += 2 if character == "\\" else character == '"'
                is_quoted = character != '"'
            elif character == '"':
                self.at, is_quoted = self.at + 1, True
            elif character in CLOSING:
                self.at += 1
                closing.append(CLOSING[character])
            elif character in closing:
                self.at += 1
                while closing.pop() != character:
                    pass
            elif character in ("]", "}") or (character == "," and not closing):
                return True
            else:
                self.at += character == ","
            if not closing and not is_quoted and character and character in '"]}':
                return True


def _rows(stream: TextIO, is_whole: bool, places: Sequence[str]) -> Iterator[Row]:
    window, ending, is_said = _Window(stream), CUT_TEXT if is_whole else CUT, False
    while window.skip(BETWEEN_ELEMENTS):
        try:
            element = _sound_row(window)
        except (ValueError, RecursionError) as error:
            first, heads = FIRST_KEY.match(window.text, window.at), {re.split(r"[.\[]", place)[0] for place in places}
            if places and first and (window.open_lists <= 0 or first[1] in heads):
                found = _wrapped_rows(window, [place.split(".") for place in places], ending, _reason(window, error))
            else:
                found = iter([_passed(window, _reason(window, error), ending)])
            for row in found:
                yield row
                is_said = ending in (row.trouble or "")
        else:
            yield from map(Row, rows_at(element, places))
    if window.open_lists > 0 and not is_said:  # cut between two rows
        yield Row(None, f"the list that it ends is not closed: {REST}; {ending}")


def _sound_row(window: _Window) -> Any:
    value = window.value()
    window.keys = frozenset(value) if isinstance(value, dict) else window.keys
    return value


def _wrapped_rows(window: _Window, places: list[list[str]], ending: str, reason: str) -> Iterator[Row]:
    """The rows of an object that cannot be read at once: its keys are walked, and only what they lead to is read.

    `reason`: why it cannot.
    """
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
                yield from _wrapped_rows(window, [place for place in of_value if place], ending, reason)
            elif of_value:
                is_found = True
                yield from _listed_rows(window, [[]], ending)
            else:
                window.pass_over()
        if not window.here and not is_said:
            yield Row(None, f"is not whole JSON: {REST}; {ending}", start)
        elif not is_found:
            yield Row(None, reason, start)
        window.at += 1
    except (ValueError, RecursionError) as error:  # no JSON between the keys: where it goes on, nobody can tell
        yield _passed(window, _reason(window, error), ending, to_the_end=True)


def _listed_rows(window: _Window, places: list[list[str]], ending: str) -> Iterator[Row]:
    """The row that stands here, or those within it."""
    try:
        value = _sound_row(window)
    except (ValueError, RecursionError) as error:
        yield _passed(window, _reason(window, error), ending)
    else:
        yield from (Row(row) for place in places for row in standing_at(value, place) or [])


def _passed(window: _Window, reason: str, ending: str, *, to_the_end: bool = False) -> Row:
    """The row that cannot be read, and is passed over: only an object's end can be told."""
    while reason != TOO_LONG and len(window.text) - window.at <= WINDOW and window.read_on():
        pass
    text, start = window.text, window.at
    if window.here == "{" and not to_the_end:
        following = None if reason == TOO_LONG else next_row(window.text, window.at, window.keys)
        alone = _Window(StringIO(), text[start:following]) if following else window
        if is_closed := alone.pass_over():
            window.at = start + alone.at if following else window.at
        elif following:
            window.at = following
        if is_closed or following:
            remedy = "" if reason == TOO_LONG else ": export the row again"
            is_held = window.text is text
            held = text[start : window.at if is_held else start + SHORTENED + 1].rstrip(", \t\r\n")
            return Row(None, f"{reason}{remedy}", held, is_held)
    while window.read_on():
        window.at = len(window.text)
    window.at = len(window.text)
    return Row(None, f"{reason}: {REST}; {ending}", text[start : start + SHORTENED + 1])


def _reason(window: _Window, error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON (line {window.lines_before + error.lineno}, character {error.colno})"
    if isinstance(error, _TooLong):
        return TOO_LONG
    return "is nested too deeply" if isinstance(error, RecursionError) else "holds a number with too many digits"
