"""Finds the landed files, and checks the form of each before its rows are read.

Files are streamed, so one of any size takes a few megabytes of memory.
"""

import codecs
import gzip
import json
import os
import re
import stat
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from stammis.core.errors import InputError
from stammis.intake.contracts import Contract

ENDINGS = re.compile(r"\.(csv|jsonl|json|parquet)(\.gz)?$", re.IGNORECASE)
NOT_EXPORTS = {"truth"}  # the demo's planted truth stands beside its sources
CHUNK = 1 << 20  # bytes
ROWS_READ_AT_ONCE, LONG_ROWS = 2_048, 16 * CHUNK  # by the database, and what they may take of a file
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)  # what unpacking raises where a packed file is cut or damaged
HEAD = 1 << 18  # bytes; what is judged by a file's beginning is judged by so many
OF_TWO_BYTES, OF_FOUR_BYTES = (f"UTF-{bits}; export it as UTF-8" for bits in (16, 32))
OTHER_KINDS = (
    (codecs.BOM_UTF32_LE, OF_FOUR_BYTES),  # begins like UTF-16
    (codecs.BOM_UTF32_BE, OF_FOUR_BYTES),
    (codecs.BOM_UTF16_LE, OF_TWO_BYTES),
    (codecs.BOM_UTF16_BE, OF_TWO_BYTES),
    (b"PK\x03\x04", "a zip or a spreadsheet; land the CSV itself"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet; save it as CSV"),
    (b"%PDF-", "a PDF; land the export it was made of"),
)
# The first key of a JSON object, where the file begins with one.
FIRST_KEY = re.compile(r'\s*\{\s*"([^"\\]+)"\s*:')
# 2025-12-10, 20251210, 2025_12_10, each with a time or without: 20251210T1000Z, 2025-12-10 10:00:30.
DATE_IN_NAME = re.compile(
    r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])"
    r"(?:[T_ -]?([01]\d|2[0-3])[-:]?([0-5]\d)(?:[-:]?([0-5]\d))?)?Z?(?!\d)"
)


@dataclass(frozen=True)
class Note:
    """Something about a file that a person should know. `file` is its path within the landing folder."""

    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.text}"


@dataclass(frozen=True)
class LandedFile:
    """A file that a contract accepts. `kind`: csv, json, jsonl or parquet; `place`: its path within the landing."""

    path: Path
    contract: Contract
    kind: str

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def place(self) -> str:
        return f"{self.contract.source}/{self.path.name}"


def find_files(landing: Path, contracts: Sequence[Contract]) -> tuple[list[LandedFile], list[Note]]:
    """Return the files to read, ordered by source, entity and name, and a note for each that no contract accepts.

    Hidden files are ignored. Raises InputError when there is no such folder.
    """
    if not landing.is_dir():
        raise InputError(
            f"{landing}: there is no such folder. Name the one your exports land in with --landing, "
            "with a folder per source inside it."
        )
    files: list[LandedFile] = []
    notes: list[Note] = []
    known = ", ".join(sorted({contract.source for contract in contracts}))
    for entry in sorted(landing.iterdir()):
        if entry.name.startswith(".") or entry.name in NOT_EXPORTS:
            continue
        of_source, shown = [contract for contract in contracts if contract.source == entry.name], printable_name(entry)
        if why := _no_file_of_ours(entry):
            notes.append(Note(shown, why))
        elif not entry.is_dir():
            notes.append(Note(shown, f"not read: move it into its source's folder ({known})"))
        elif not of_source:
            notes.append(Note(f"{shown}/", f"not read: no such source is declared, only {known}"))
        else:
            try:
                inside = sorted(entry.iterdir())
            except OSError as error:
                notes.append(Note(f"{shown}/", f"not read: {error.strerror}"))
                continue
            for path in inside:
                if not path.name.startswith("."):
                    _add_file_or_note(path, of_source, files, notes)
    return sorted(files, key=lambda file: (file.contract.source, file.contract.entity, file.name)), notes


def _add_file_or_note(path: Path, contracts: list[Contract], files: list[LandedFile], notes: list[Note]) -> None:
    """Add the path to `files` with the first contract that accepts it; if none does, say so in `notes`."""
    place = f"{path.parent.name}/{printable_name(path)}"
    ending = ENDINGS.search(path.name)
    stem = path.name[: ending.start()] if ending else path.name
    kind = ending[1].lower() if ending else ""
    accepted = [contract for contract in contracts if contract.accepts(stem, kind)]
    expected = ", ".join(contract.expected for contract in contracts)
    if why := _no_file_of_ours(path):
        notes.append(Note(place, why))
    elif path.is_dir():
        notes.append(Note(f"{place}/", "not read: a source's files stand directly in its folder"))
    elif not accepted:
        notes.append(Note(place, f"not read: no table has files of this name; expected {expected}"))
    elif not ending:
        notes.append(Note(place, "not read: expected .csv, .json, .jsonl or .parquet, each maybe with .gz"))
    else:
        files.append(LandedFile(path, accepted[0], kind))


def _no_file_of_ours(path: Path) -> str | None:
    """Why a path can neither be read nor looked into; None for a plain file or folder whose name can be written."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return f"not read: {error.strerror}"
    if stat.S_ISLNK(mode):
        return "not read: it is a link, which may lead out of the landing folder; land the file itself"
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return "not read: it is no plain file"
    if printable_name(path) != path.name:
        return "not read: its name is not UTF-8; give it another"
    return None


def printable_name(path: Path) -> str:
    """The path's name, with what is not UTF-8 in it spelled out."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def hash_of(path: Path) -> str:
    """SHA-256 of the file's bytes in hex, of a packed file as it is."""
    digest = sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def is_gzip(path: Path) -> bool:
    """Whether the first bytes are those of gzip. The name cannot tell: browsers unpack a download and keep its .gz."""
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def unpacked_chunks_of(path: Path) -> Iterator[bytes]:
    """Yield a landed file's unpacked bytes. Raises one of DAMAGED where a packed file is cut or damaged."""
    with gzip.GzipFile(path) if is_gzip(path) else path.open("rb") as stream:
        # read1 returns what could be unpacked before a cut; read would raise and lose it
        while chunk := stream.read1(CHUNK):
            yield chunk


def chunks_of(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file that has been unpacked."""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def head_of(path: Path) -> bytes:
    """Return the first HEAD bytes of a file that has been unpacked."""
    with path.open("rb") as stream:
        return stream.read(HEAD)


def count_lines(path: Path, *, are_rows: bool = True) -> int | None:
    """Count the lines of a text; None if the database should not read it: it holds a NUL byte or is not UTF-8.

    `are_rows`: nor if they are so long that as many as it reads at once take too much of its memory.
    """
    decode = codecs.getincrementaldecoder("utf-8")().decode
    lines, last = 0, b"\n"
    lately: deque[int] = deque(maxlen=LONG_ROWS // CHUNK)
    try:
        for chunk in chunks_of(path):
            if b"\0" in chunk:
                return None
            decode(chunk)
            lately.append(chunk.count(b"\n"))
            if are_rows and len(lately) == lately.maxlen and sum(lately) < ROWS_READ_AT_ONCE:
                return None
            lines += lately[-1]
            last = chunk[-1:]
        decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines + (last != b"\n")  # the last line may have no end


def end_of(path: Path) -> bytes:
    """Return the last 1,000 bytes of a file that has been unpacked."""
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 1_000))
        return stream.read()


def ends_openly(path: Path) -> bool:
    """Whether a text ends without a line end, or with a blank line: where its last row is bad, it may be cut there."""
    end = end_of(path)
    gap = end[len(end.rstrip()) :].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return gap.count(b"\n") != 1


def unreadable(head: bytes) -> str | None:
    """Return why no row of a text file that begins so can be read, with the remedy; None if that does not show."""
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        return "not read: it is empty; land it again with its contents, or remove it"
    kind = next((kind for beginning, kind in OTHER_KINDS if head.startswith(beginning)), None)
    # without a mark at its beginning, every second byte of Western text is NUL
    if not kind and max(head[:1000:2].count(0), head[1:1000:2].count(0)) > len(head[:1000]) // 3:
        kind = OF_TWO_BYTES
    return f"not read: it is {kind}" if kind else None


def starts_array(head: bytes) -> bool:
    """Whether this JSON begins with an array."""
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")


def is_document(head: bytes, kind: str, places: Sequence[str] = ()) -> bool:
    """Whether a JSON file is one document, by its first bytes; if not, each of its lines is an object.

    A document is an array, an object over several lines, or an object that wraps the rows. `places`: where a wrapped
    row may stand, as in Contract.rows.
    """
    first_key = FIRST_KEY.match(head.decode("utf-8-sig", errors="replace"))
    if first_key and first_key[1] in {re.split(r"[.\[]", place)[0] for place in places}:
        return True
    if kind == "jsonl" or starts_array(head):
        return starts_array(head)
    try:
        first = json.loads(head.decode("utf-8-sig", errors="replace").strip().splitlines()[0])
    except (ValueError, RecursionError):  # the first line is not JSON by itself: an object over several lines
        return True
    return not isinstance(first, dict)


def date_in(name: str) -> datetime | None:
    """Return the last date in a file's name, with its time if it has one, naive UTC; None without a date."""
    for year, month, day, hour, minute, second in reversed(DATE_IN_NAME.findall(name)):
        try:
            date = datetime(int(year), int(month), int(day))  # noqa: DTZ001 - stored times are naive UTC
        except ValueError:
            continue
        return date + timedelta(hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0))
    return None
