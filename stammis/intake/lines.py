"""Reads a damaged text file line by line: sound records go to a numbered copy, others to quarantine.

Only used for files that DuckDB cannot read directly: bad bytes, quoted newlines, a wrong width, a cut.
"""

import csv
import json
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from stammis.intake.files import Header, chunks_of

LINE_MARK = "\x1f"  # stands between a line's number and its text where the text is JSON
SHORTENED = 500  # characters of a row that are kept in quarantine
LONGEST = 1_000_000
NUL = "holds a NUL byte: export the row again"
NOT_UTF8 = "is not UTF-8: export the file again as UTF-8"
NEVER_CLOSED = "opens a quotation mark that is never closed: double quotation marks within a cell"
MISPLACED_QUOTE = "has a quotation mark in the wrong place: double quotation marks within a cell"
CONTROL_CHARACTER = "holds a control character that JSON forbids: export the row again"
TOO_LONG = "is longer than a million characters"
CUT = "the packed file is cut short or damaged here: land it again whole, under a new name"
CUT_TEXT = "the file may be cut short here: land it again whole, under a new name"

Line = tuple[int, str]
Record = tuple[int, str, str | None]  # (line it starts on, text, what is wrong with its cells)
BETWEEN_ELEMENTS = re.compile(r"[\s,\[\]]*")


def unpack(path: Path, target: Path) -> bool:
    """Write the unpacked bytes to `target`; False when the packed file ends or breaks too early."""
    with target.open("wb") as copy:
        try:
            for chunk in chunks_of(path):
                copy.write(chunk)
        except (EOFError, OSError, zlib.error):
            return False
    return True


def number_records(source: Path, header: Header | None, is_whole: bool, copy: Path, quarantined: Path) -> int:
    """Split `source` (unpacked) into `copy` (line, delimiter, record) and `quarantined` (CSV: line, reason, row).

    Without a header each line is a record and LINE_MARK the delimiter. Returns how many records there were in
    all; blank lines are none.
    """
    count = 0
    with (
        source.open(encoding="utf-8-sig", errors="surrogateescape") as text,
        copy.open("w", encoding="utf-8", newline="\n") as sound,
        quarantined.open("w", encoding="utf-8", newline="") as unsound,
    ):
        rows = csv.writer(unsound, lineterminator="\n")
        grammar = _Grammar(header.delimiter, len(header.names)) if header else None
        lines = enumerate(text, 1)
        records = _joined(lines, grammar, header.lines) if header and grammar else _each(lines)
        for (line, record, trouble), is_last in _with_last(records):
            count += 1
            complete = record.removesuffix("\n")
            reason = trouble or _trouble(complete)
            if is_last and not is_whole:
                reason = CUT
            elif is_last and reason and complete == record:
                reason = f"{reason}; {CUT_TEXT}"
            if reason:
                rows.writerow([line, reason, _printable(complete)])
            else:
                sound.write(f"{line}{grammar.delimiter if grammar else LINE_MARK}{complete}\n")
    return count


def number_elements(source: Path, is_whole: bool, copy: Path, quarantined: Path, places: Sequence[str] = ()) -> int:
    """The same for a JSON document (an array, or one object after another); `line` is an element's number.

    `places`: where a contract finds its rows within such an element.
    """
    text = source.read_text(encoding="utf-8-sig", errors="surrogateescape")
    decoder, position, count = json.JSONDecoder(strict=False), 0, 0
    with copy.open("w", encoding="utf-8") as sound, quarantined.open("w", encoding="utf-8", newline="") as unsound:
        rows = csv.writer(unsound, lineterminator="\n")
        while (start := _after_gap(text, position)) < len(text):
            try:
                element, position = decoder.raw_decode(text, start)
            except json.JSONDecodeError as error:
                place = f"line {error.lineno}, character {error.colno}"
                reason = f"is not JSON ({place}); {CUT_TEXT if is_whole else CUT}"
                count, position = count + 1, len(text)
                rows.writerow([count, reason, _printable(text[start:])])
                continue
            for row in rows_at(element, places):
                count += 1
                if trouble := _trouble(written := json.dumps(row, ensure_ascii=False)):
                    rows.writerow([count, trouble, _printable(written)])
                else:
                    sound.write(f"{count}{LINE_MARK}{json.dumps(row)}\n")
    return count


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


def read_records(source: Path, header: Header, is_whole: bool) -> Iterator[Line]:
    """Yield the records of an unpacked CSV file, sound or not, with their first lines; leaves out a torn last one."""
    with source.open(encoding="utf-8-sig", errors="surrogateescape") as text:
        grammar = _Grammar(header.delimiter, len(header.names))
        yield from _whole(_joined(enumerate(text, 1), grammar, header.lines), is_whole)


def read_lines(source: Path, is_whole: bool) -> Iterator[Line]:
    """Yield the lines of an unpacked JSON file with an object on each line."""
    with source.open(encoding="utf-8-sig", errors="surrogateescape") as text:
        yield from _whole(_each(enumerate(text, 1)), is_whole)


def read_elements(source: Path, places: Sequence[str]) -> Iterator[Line]:
    """Yield the rows of a JSON document, numbered as by `number_elements`; leaves out what is not JSON."""
    text = source.read_text(encoding="utf-8-sig", errors="surrogateescape")
    decoder, position, count = json.JSONDecoder(strict=False), 0, 0
    while (start := _after_gap(text, position)) < len(text):
        try:
            element, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError:
            return
        for row in rows_at(element, places):
            count += 1
            yield count, json.dumps(row, ensure_ascii=False)


def _whole(records: Iterable[Record], is_whole: bool) -> Iterator[Line]:
    for (line, text, _), is_last in _with_last(records):
        if is_whole or not is_last:
            yield line, text.removesuffix("\n")


def _each(lines: Iterable[Line]) -> Iterator[Record]:
    """JSON: each line is a record. One that contains LINE_MARK is bad: the copy would split it."""
    for number, text in lines:
        if text.strip():
            yield number, text, CONTROL_CHARACTER if LINE_MARK in text else None


def _joined(lines: Iterable[Line], grammar: "_Grammar", header_lines: int) -> Iterator[Record]:
    """CSV: join the lines of a quoted cell. A quotation mark that is never closed makes only its own line bad."""
    rest, again = iter(lines), deque[Line]()
    while line := again.popleft() if again else next(rest, None):
        number, text = line
        if number <= header_lines or not text.strip():
            continue
        if '"' not in text or grammar.whole.fullmatch(text) or not grammar.opens.fullmatch(text):
            yield number, text, grammar.trouble(text)
            continue
        group = [line]
        while following := again.popleft() if again else next(rest, None):
            group.append(following)
            if '"' in following[1] and not grammar.stays_open(following[1]):
                break
        if len(group) > 1 and grammar.closes.match(group[-1][1]):
            record = "".join(part for _, part in group)
            yield number, record, grammar.trouble(record)
        else:
            yield number, text, NEVER_CLOSED
            again.extendleft(reversed(group[1:]))


class _Grammar:
    """Quotation marks as DuckDB reads them: only at the start of a cell; a doubled one stands for itself."""

    def __init__(self, delimiter: str, width: int) -> None:
        d, inside = re.escape(delimiter), r'(?:[^"]|"")*+'
        cell = rf'(?:[ ]*+"{inside}"[ ]*+|[ ]*+[^"{d}][^{d}]*+|[ ]*+)'
        self.delimiter, self.width = delimiter, width
        self.cells = re.compile(cell + d)
        self.whole = re.compile(rf"(?:{cell}{d}){{{width - 1}}}{cell}\n?")
        self.opens = re.compile(rf'(?:{cell}{d})*+[ ]*+"{inside}')
        self.inside = re.compile(inside)
        self.closes = re.compile(rf'{inside}"[ ]*+(?:{d}|\n|$)')

    def stays_open(self, text: str) -> bool:
        """Whether a quoted cell is open at the end of this line."""
        if closed := self.closes.match(text):
            return self.opens.fullmatch(text, closed.end()) is not None
        return self.inside.fullmatch(text) is not None

    def trouble(self, record: str) -> str | None:
        if '"' in record:
            if self.whole.fullmatch(record):
                return None
            cells = self.cells.findall(record + self.delimiter)
            if sum(map(len, cells)) != len(record) + len(self.delimiter):
                return MISPLACED_QUOTE
            width = len(cells)
        else:
            width = record.count(self.delimiter) + 1
        if width != self.width:
            return f"has {width} cells where the header has {self.width}: export the row again"
        return None


def _trouble(text: str) -> str | None:
    if "\0" in text:
        return NUL
    if not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text):
        return NOT_UTF8
    return TOO_LONG if len(text) > LONGEST else None


def _with_last(records: Iterable[Record]) -> Iterator[tuple[Record, bool]]:
    before: Record | None = None
    for record in records:
        if before:
            yield before, False
        before = record
    if before:
        yield before, True


def _after_gap(text: str, position: int) -> int:
    gap = BETWEEN_ELEMENTS.match(text, position)
    return gap.end() if gap else position


def _printable(row: str) -> str:
    return row[:SHORTENED].replace("\n", " ").replace("\0", "␀").encode("utf-8", "replace").decode("utf-8")
