"""Reads a damaged text file line by line: sound records go to a numbered copy, others to quarantine.

Only used for files that DuckDB cannot read directly: bad bytes, quoted newlines, a wrong width, a cut.
"""

import codecs
import csv
import math
import re
import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from stammis.core.written import addresses_in
from stammis.intake.files import DAMAGED, ends_openly, unpacked_chunks_of
from stammis.intake.headers import Header

LINE_MARK = "\x1f"  # stands between a line's number and its text where the text is JSON
SHORTENED = 4_000  # characters of a row that are kept in quarantine, and the addresses that stand beyond them
OVERLAP = 400  # characters before those that are cut off, as an address may begin there
BEYOND = " … further on: "
LONGEST = 1_000_000
LEAST_CELLS = 4
PART = 2_000_000  # characters of a file of a copy; the database takes some twenty times as much for 2,048 rows
NUL = "holds a NUL byte: export the row again"
NOT_UTF8 = "is not UTF-8: export the file again as UTF-8"
NEVER_CLOSED = "opens a quotation mark that is never closed: double quotation marks within a cell"
MISPLACED_QUOTE = "has a quotation mark in the wrong place: double quotation marks within a cell"
CONTROL_CHARACTER = "holds a control character that JSON forbids: export the row again"
TOO_LONG = "is longer than a million characters"
CUT = "the packed file is cut short or damaged here: land it again whole, under a new name"
CUT_TEXT = "the file may be cut short here: land it again whole, under a new name"
REST = "what follows in the document is not read"

Line = tuple[int, str]
Record = tuple[int, str, str | None]  # (line it starts on, text, what is wrong with its cells)


class TooLarge(Exception):
    """More is in a packed file than may be unpacked."""


def unpack(path: Path, target: Path, largest: float = math.inf) -> bool:
    """Write the unpacked bytes to `target`; False when the packed file ends or breaks too early.

    Raises TooLarge at more than `largest` bytes.
    """
    size = 0
    with target.open("wb") as copy:
        try:
            for chunk in unpacked_chunks_of(path):
                if (size := size + len(chunk)) > largest:
                    raise TooLarge
                copy.write(chunk)
        except DAMAGED:
            return False
    return True


class Copy:
    """A copy of sound records, in files of a few megabytes: the database holds 2,048 rows of a file at once.

    `paths`: the files, one at least.
    """

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self._folder, self._size = folder, 0
        self.paths: list[Path] = []
        self._file = self._next()

    def __enter__(self) -> "Copy":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, line: str) -> None:
        if self._size > PART:
            self._file.close()
            self._file = self._next()
        self._size += self._file.write(line)

    def _next(self) -> TextIO:
        self.paths.append(self._folder / f"{len(self.paths):06d}")
        self._size = 0
        return self.paths[-1].open("w", encoding="utf-8", newline="\n")


def number_records(source: Path, header: Header | None, is_whole: bool, copy: Copy, quarantined: Path) -> int:
    """Split `source` (unpacked) into `copy` (line, delimiter, record) and `quarantined` (CSV: line, reason, row).

    Without a header each line is a record and LINE_MARK the delimiter. Returns how many records there were in
    all; blank lines are none.
    """
    count = 0
    with (
        source.open(encoding=header.encoding if header else "utf-8-sig", errors="surrogateescape") as text,
        copy as sound,
        quarantined.open("w", encoding="utf-8", newline="") as unsound,
    ):
        rows = csv.writer(unsound, lineterminator="\n")
        grammar = _Grammar(header.delimiter, len(header.names)) if header else None
        lines = _bounded(text)
        records = _joined(lines, grammar, header.lines) if header and grammar else _each(lines)
        for (line, record, trouble), is_last in _with_last(records):
            count += 1
            complete = record.removesuffix("\n")
            reason = trouble or trouble_of(complete)
            if reason == NOT_UTF8 and header:
                reason = f"{NOT_UTF8}, or say `encoding: windows-1252` in the source's YAML if it is that"
            if is_last and not is_whole:
                reason = CUT
            elif is_last and reason and complete == record and _is_cut_in_a_letter(complete):
                reason = CUT_TEXT
            elif is_last and reason and ends_openly(source):
                reason = f"{reason}; {CUT_TEXT}"
            if reason:
                rows.writerow([line, reason, printable(complete)])
            else:
                sound.write(f"{line}{grammar.delimiter if grammar else LINE_MARK}{complete}\n")
    return count


def _bounded(text: TextIO) -> Iterator[Line]:
    """The lines of a text, numbered; of one that is too long only so much that it shows."""
    number = 0
    while line := text.readline(LONGEST + 1):
        number += 1
        end = line[-1]
        while end != "\n" and (more := text.readline(LONGEST) if len(line) > LONGEST else ""):
            end = more[-1]
        yield number, line if line[-1] == "\n" or end != "\n" else line + "\n"


def read_records(source: Path, header: Header, is_whole: bool) -> Iterator[Line]:
    """Yield the records of an unpacked CSV file, sound or not, with their first lines; leaves out a torn last one."""
    with source.open(encoding=header.encoding, errors="surrogateescape") as text:
        grammar = _Grammar(header.delimiter, len(header.names))
        yield from _whole(_joined(enumerate(text, 1), grammar, header.lines), is_whole)


def read_lines(source: Path, is_whole: bool) -> Iterator[Line]:
    """Yield the lines of an unpacked JSON file with an object on each line."""
    with source.open(encoding="utf-8-sig", errors="surrogateescape") as text:
        yield from _whole(_each(enumerate(text, 1)), is_whole)


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
        group, length, is_closed = [line], len(text), False
        while length <= LONGEST and (following := again.popleft() if again else next(rest, None)):
            group.append(following)
            length += len(following[1])
            if grammar.is_row(following[1]):  # within a cell: the quotation mark before it was never closed
                break
            if '"' in following[1] and not grammar.stays_open(following[1]):
                is_closed = grammar.closes.match(following[1]) is not None
                break
        if is_closed:
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

    def is_row(self, text: str) -> bool:
        """Whether this line is a row by itself, in a file of so many cells that no text is one by chance."""
        return self.width >= LEAST_CELLS and '"' not in text and text.count(self.delimiter) + 1 == self.width

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
            hint = " with quotation marks around decimal commas" if self.delimiter == "," and width > self.width else ""
            return f"has {width} cells where the header has {self.width}: export the row again{hint}"
        return None


def trouble_of(text: str) -> str | None:
    if "\0" in text:
        return NUL
    if not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text):
        return NOT_UTF8
    return TOO_LONG if len(text) > LONGEST else None


def _is_cut_in_a_letter(text: str) -> bool:
    """Whether all is UTF-8 but for the first bytes of a letter at the end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(text.encode("utf-8", "surrogateescape"))
    except UnicodeError:
        return False
    return decoder.getstate()[0] != b""


def _with_last(records: Iterable[Record]) -> Iterator[tuple[Record, bool]]:
    before: Record | None = None
    for record in records:
        if before:
            yield before, False
        before = record
    if before:
        yield before, True


def printable(row: str) -> str:
    """What is kept of a row in quarantine: its beginning, and every address beyond, as each may have said no."""
    kept = row[:SHORTENED]
    if len(row) > SHORTENED:
        emails, numbers = addresses_in(row[SHORTENED - OVERLAP :])
        kept += "".join([BEYOND, " ".join(sorted(emails | numbers))] if emails or numbers else [])
    return kept.replace("\n", " ").replace("\0", "␀").encode("utf-8", "replace").decode("utf-8")
