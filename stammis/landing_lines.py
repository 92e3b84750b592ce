"""A troubled text file, line by line: sound records go to a numbered copy, others are set aside with a reason.

Only files come here that DuckDB cannot read straight: bad bytes, quoted newlines, a wrong width, a cut.
"""

import csv
import json
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from stammis.landing_files import Header, chunks_of

LINE_MARK = "\x1f"  # stands between a line's number and its text where the text is JSON
SHORTENED = 500
LONGEST = 1_000_000
NUL = "holds a NUL byte: export the row again"
NOT_UTF8 = "is not UTF-8: export the file again as UTF-8"
NEVER_CLOSED = "opens a quotation mark that is never closed: double quotation marks within a cell"
MISPLACED_QUOTE = "has a quotation mark in the wrong place: double quotation marks within a cell"
TOO_LONG = "is longer than a million characters"
CUT = "the packed file is cut short or damaged here: land it again whole, under a new name"
CUT_TEXT = "the file is cut short here: land it again whole, under a new name"

Line = tuple[int, str]
Trouble = Callable[[int, str, str], None]


def unpack(path: Path, target: Path) -> bool:
    """Write the unpacked bytes to `target`; False when the packed file ends or breaks too early."""
    with target.open("wb") as copy:
        try:
            for chunk in chunks_of(path):
                copy.write(chunk)
        except (EOFError, OSError, zlib.error):
            return False
    return True


def number_records(source: Path, header: Header | None, is_whole: bool, copy: Path, aside: Path) -> int:
    """Split `source` (unpacked) into `copy` (line, delimiter, record) and `aside` (CSV: line, reason, row).

    Without a header each line is a record and LINE_MARK the delimiter. Returns how many records there were in
    all; blank lines are none.
    """
    count = 0
    with (
        source.open(encoding="utf-8-sig", errors="surrogateescape") as text,
        copy.open("w", encoding="utf-8", newline="\n") as sound,
        aside.open("w", encoding="utf-8", newline="") as unsound,
    ):
        rows = csv.writer(unsound)
        grammar = _Grammar(header.delimiter if header else LINE_MARK)

        def set_aside(line: int, reason: str, row: str) -> None:
            nonlocal count
            count += 1
            rows.writerow([line, reason, _printable(row)])

        lines = enumerate(text, 1)
        records = (line for line in lines if line[1].strip())
        if header:
            records = _records(lines, header, grammar, set_aside)
        for line, record, is_last in _with_last(records):
            complete = record.removesuffix("\n")
            reason = _trouble(complete)
            if header and not reason:
                reason = _width_trouble(complete, grammar, len(header.names))
            if is_last and not is_whole:
                reason = CUT
            elif is_last and reason and complete == record:
                reason = f"{reason}; {CUT_TEXT}"
            if reason:
                set_aside(line, reason, complete)
            else:
                count += 1
                sound.write(f"{line}{grammar.delimiter}{complete}\n")
    return count


def number_elements(source: Path, is_whole: bool, copy: Path, aside: Path) -> int:
    """The same for a JSON document (an array, or objects one after another); an element's line is its number."""
    text = source.read_text(encoding="utf-8-sig", errors="surrogateescape")
    decoder, position, count = json.JSONDecoder(strict=False), 0, 0
    between = re.compile(r"[\s,\[\]]*")
    with copy.open("w", encoding="utf-8") as sound, aside.open("w", encoding="utf-8", newline="") as unsound:
        while (position := between.match(text, position).end()) < len(text):  # type: ignore[union-attr]
            start, count = position, count + 1
            try:
                element, position = decoder.raw_decode(text, start)
                reason = _trouble(text[start:position])
            except json.JSONDecodeError as error:
                place = f"line {error.lineno}, character {error.colno}"
                reason = f"is not JSON ({place}): {CUT_TEXT if is_whole else CUT}"
                position = len(text)
            if reason:
                csv.writer(unsound).writerow([count, reason, _printable(text[start:position])])
            else:
                sound.write(f"{count}{LINE_MARK}{json.dumps(element)}\n")
    return count


def _records(
    lines: Iterable[Line], header: Header, grammar: "_Grammar", set_aside: Trouble
) -> Iterator[Line]:
    """Join the lines of a quoted cell; a quotation mark that is never closed costs its own line only."""
    rest, again = iter(lines), deque[Line]()
    while line := again.popleft() if again else next(rest, None):
        number, text = line
        if number <= header.lines or not text.strip():
            continue
        if '"' not in text or not grammar.opens.fullmatch(text):
            yield line
            continue
        group = [line]
        while following := again.popleft() if again else next(rest, None):
            group.append(following)
            if '"' in following[1] and not grammar.stays_open(following[1]):
                break
        if len(group) > 1 and grammar.closes.match(group[-1][1]):
            yield number, "".join(part for _, part in group)
        else:
            set_aside(number, NEVER_CLOSED, text)
            again.extendleft(reversed(group[1:]))


class _Grammar:
    """Quotation marks as DuckDB reads them: only at the start of a cell; a doubled one stands for itself."""

    def __init__(self, delimiter: str) -> None:
        d, inside = re.escape(delimiter), r'(?:[^"]|"")*+'
        cell = rf'(?:[ ]*+"{inside}"[ ]*+|[ ]*+[^"{d}][^{d}]*+|[ ]*+)'
        self.delimiter = delimiter
        self.cells = re.compile(cell + d)
        self.opens = re.compile(rf'(?:{cell}{d})*+[ ]*+"{inside}')
        self.inside = re.compile(inside)
        self.closes = re.compile(rf'{inside}"[ ]*+(?:{d}|\n|$)')

    def stays_open(self, text: str) -> bool:
        """Does a cell that was open before this line stay, or another become, open after it?"""
        if closed := self.closes.match(text):
            return self.opens.fullmatch(text, closed.end()) is not None
        return self.inside.fullmatch(text) is not None

    def width(self, record: str) -> int | None:
        """How many cells; None when a quotation mark stands where none may."""
        if '"' not in record:
            return record.count(self.delimiter) + 1
        cells = self.cells.findall(record + self.delimiter)
        return len(cells) if sum(map(len, cells)) == len(record) + 1 else None


def _width_trouble(record: str, grammar: _Grammar, expected: int) -> str | None:
    width = grammar.width(record)
    if width is None:
        return MISPLACED_QUOTE
    if width != expected:
        return f"has {width} cells where the header has {expected}: export the row again"
    return None


def _trouble(text: str) -> str | None:
    if "\0" in text:
        return NUL
    if not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text):
        return NOT_UTF8
    return TOO_LONG if len(text) > LONGEST else None


def _with_last(lines: Iterable[Line]) -> Iterator[tuple[int, str, bool]]:
    before: Line | None = None
    for line in lines:
        if before:
            yield *before, False
        before = line
    if before:
        yield *before, True


def _printable(row: str) -> str:
    return row[:SHORTENED].replace("\0", "␀").encode("utf-8", "replace").decode("utf-8")
