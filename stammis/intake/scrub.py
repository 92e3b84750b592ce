"""Takes a person's rows out of one landed file: drops them, or empties their personal columns.

The new file is written beside the old one and renamed over it, so a whole file is there before and after. Other
rows keep their text; it becomes UTF-8, line ends become \\n, and a last record cut short by a damaged file is left out.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stammis.core.files import move_durably, unfinished_of
from stammis.intake.contracts import ADDED_COLUMNS, Contract
from stammis.intake.elements import read_elements
from stammis.intake.encodings import encoding_of
from stammis.intake.files import LandedFile, head_of, is_document, is_gzip, unreadable
from stammis.intake.headers import Header, positions, read_header
from stammis.intake.lines import read_lines, read_records, unpack
from stammis.intake.workplace import Unreadable

ERASING, UNPACKED = "erasing", "unpacked"  # owners of unfinished files in the landing folder
NOBODY, ANYTHING = re.compile(rb"(?!)"), re.compile(rb"")
TELLING = re.compile(
    r"e-?mail|phone|address|first_?name|last_?name|birth|customer|billing|note|receipt|token|payment|(^|_)ip$"
    r"|propert|attribute|meta_?data|reason|message|location|authorization",
    re.IGNORECASE,
)
Cut = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """Counts of one file's rows: `dropped`, `emptied`, `cut` (only an address was cut out) and `left` (all others)."""

    dropped: int = 0
    emptied: int = 0
    cut: int = 0
    left: int = 0

    @property
    def touched(self) -> int:
        return self.dropped + self.emptied + self.cut


@dataclass(frozen=True, slots=True)
class Task:
    """What to take out: `lines` are the person's rows, `broken` are quarantined and may be theirs.

    `words` stands for how the person's addresses are written: cut out wherever they stand, and a broken row that
    holds one goes altogether. `dropped` are rows, quarantined as well, that surely hold one in some spelling.
    """

    lines: Collection[int]
    broken: Collection[int] = ()
    words: re.Pattern[bytes] = NOBODY
    broken_words: re.Pattern[bytes] = NOBODY
    dropped: Collection[int] = ()


def scrub_file(file: LandedFile, task: Task) -> Scrubbed | None:
    """Rewrite one landed file without these rows. None if it cannot be rewritten; zero counts if nothing was to do.

    In both cases the file is unchanged. A file without any row left is removed: an empty export would look like a
    failed one.
    """
    unpacked, written = unfinished_of(file.path, UNPACKED), unfinished_of(file.path, ERASING)
    if not file.path.exists():  # nobody else was in it
        return None
    try:
        is_whole = unpack(file.path, unpacked)
        scrubbed = _rewrite(file, task, unpacked, is_whole, written)
        if not scrubbed or not scrubbed.touched:
            return scrubbed
        if not scrubbed.left:
            file.path.unlink()
            return scrubbed
        if is_gzip(file.path):
            packed = gzip.compress(written.read_bytes(), mtime=0)
            written.write_bytes(packed)
        written.chmod(file.path.stat().st_mode)
        move_durably(written, file.path)
        return scrubbed
    finally:
        unpacked.unlink(missing_ok=True)
        written.unlink(missing_ok=True)


def read_rows_of(file: LandedFile, lines: Collection[int]) -> Iterator[dict[str, Any]]:
    """Return these rows of a landed file as exported: header → value."""
    unpacked = unfinished_of(file.path, UNPACKED)
    try:
        is_whole = unpack(file.path, unpacked)
        if file.kind == "parquet":
            import pyarrow.parquet as pq

            rows = pq.read_table(unpacked)
            yield from (dict(rows.slice(line - 1, 1).to_pylist()[0]) for line in sorted(lines))
            return
        head = head_of(unpacked)
        if file.kind == "csv":
            header = read_header(head, file.contract.columns, encoding_of(unpacked, file.contract.encoding))
            for line, record in read_records(unpacked, header, is_whole):
                if line in lines:
                    cells = next(csv.reader(io.StringIO(record), delimiter=header.delimiter), [])
                    yield {key: cell for key, cell in zip(header.names, cells, strict=False) if cell}
            return
        rows_of = file.contract.rows
        is_text = not is_document(head, file.kind, rows_of)
        found = read_lines(unpacked, is_whole) if is_text else read_elements(unpacked, rows_of)
        yield from (json.loads(text) for line, text in found if line in lines)
    finally:
        unpacked.unlink(missing_ok=True)


def _rewrite(file: LandedFile, task: Task, unpacked: Path, is_whole: bool, written: Path) -> Scrubbed | None:
    if file.kind == "parquet":
        return rewrite_parquet(file.contract, unpacked, task, written) if is_whole else None
    head = head_of(unpacked)
    if unreadable(head):
        return None
    if file.kind == "csv":
        try:
            header = read_header(head, file.contract.columns, encoding_of(unpacked, file.contract.encoding))
        except Unreadable:
            return None
        kept = set(positions(file.contract.columns, header.names)[0][column] for column in _kept(file.contract, header))
        return _rewrite_text(
            read_records(unpacked, header, is_whole),
            task,
            file.contract,
            written,
            lambda text: _emptied_record(text, header, kept),
            _first_line(unpacked, header),
        )
    empty = lambda text: _emptied_object(text, file.contract)  # noqa: E731
    if is_document(head, file.kind, file.contract.rows):
        # rows that a document wrapped stand in a bare list afterwards, which reads the same
        return _rewrite_document(read_elements(unpacked, file.contract.rows), task, file.contract, written, empty)
    return _rewrite_text(read_lines(unpacked, is_whole), task, file.contract, written, empty, "")


def _rewrite_text(
    records: Iterator[tuple[int, str]], task: Task, contract: Contract, written: Path, empty: Cut, first: str
) -> Scrubbed:
    counts: dict[str, int] = {}
    with written.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as target:
        target.write(first)
        for line, text in records:
            what, text = _treated(line, text, task, contract, empty)
            counts[what] = counts.get(what, 0) + 1
            if what != "dropped":
                target.write(f"{text}\n")
    return _counted(counts)


def _rewrite_document(
    records: Iterator[tuple[int, str]], task: Task, contract: Contract, written: Path, empty: Cut
) -> Scrubbed:
    counts: dict[str, int] = {}
    texts = []
    for line, text in records:
        what, text = _treated(line, text, task, contract, empty)
        counts[what] = counts.get(what, 0) + 1
        texts += [] if what == "dropped" else [text]
    written.write_text("[\n" + ",\n".join(texts) + "\n]\n", encoding="utf-8", errors="surrogateescape")
    return _counted(counts)


def _treated(line: int, text: str, task: Task, contract: Contract, empty: Cut) -> tuple[str, str]:
    """(dropped | emptied | cut | left, the record as it stays)."""
    raw = text.encode("utf-8", "surrogateescape")
    if line in task.lines:
        if contract.about == "person":
            return "dropped", ""
        emptied = _without(empty(text), task.words)
        return ("left" if emptied == text else "emptied"), emptied
    if line in task.dropped or (line in task.broken and (task.words.search(raw) or task.broken_words.search(raw))):
        return "dropped", ""
    if task.words.search(raw):
        return "cut", _without(text, task.words)
    return "left", text


def _without(text: str, words: re.Pattern[bytes]) -> str:
    cut = words.sub(b"", text.encode("utf-8", "surrogateescape"))
    return cut.decode("utf-8", "surrogateescape")


def _counted(counts: Mapping[str, int]) -> Scrubbed:
    left = sum(counts.values()) - counts.get("dropped", 0)
    return Scrubbed(counts.get("dropped", 0), counts.get("emptied", 0), counts.get("cut", 0), left)


def _kept(contract: Contract, header: Header) -> list[str]:
    """The columns that stay. A column that no contract declares may be personal, so it does not stay."""
    places, _ = positions(contract.columns, header.names)
    return [column.name for column in contract.columns if not column.personal and column.name in places]


def _first_line(unpacked: Path, header: Header) -> str:
    """The header lines of the file as they are."""
    with unpacked.open(encoding=header.encoding, errors="surrogateescape") as lines:
        return "".join(next(lines) for _ in range(header.lines))


def _emptied_record(text: str, header: Header, kept: Collection[int]) -> str:
    cells = next(csv.reader(io.StringIO(text), delimiter=header.delimiter), [])
    line = io.StringIO()
    emptied = [cell if place in kept else "" for place, cell in enumerate(cells)]
    csv.writer(line, delimiter=header.delimiter, lineterminator="").writerow(emptied)
    return line.getvalue()


def _emptied_object(text: str, contract: Contract) -> str:
    """Only what the contract reads and what is not personal: a JSON object of those paths."""
    found, emptied = json.loads(text, strict=False), dict[str, Any]()
    for header in (header for column in contract.columns if not column.personal for header in column.headers):
        # of `codes[0].code` the whole list stays: what is nested in it is looked through below
        value, place, keys = found, emptied, header.partition("[")[0].split(".")
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            for key in keys[:-1]:
                place = place.setdefault(key, {})
            place[keys[-1]] = _impersonal(value)
    return json.dumps(emptied, ensure_ascii=False)


def _emptied_list(text: str) -> str:
    return json.dumps(_impersonal(json.loads(text, strict=False)), ensure_ascii=False)


def _impersonal(value: Any) -> Any:
    """The nested value without the keys whose names say that they are personal."""
    if isinstance(value, dict):
        return {key: _impersonal(inner) for key, inner in value.items() if not TELLING.search(key)}
    return [_impersonal(inner) for inner in value] if isinstance(value, list) else value


def read_emptiable(path: Path) -> Any:
    """The rows of a Parquet file, any cell of which may be emptied: a column without an empty one forbids it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pq.read_table(path)
    return rows.cast(pa.schema([field.with_nullable(True) for field in rows.schema], rows.schema.metadata))


def rewrite_parquet(contract: Contract, source: Path, task: Task, written: Path, numbered_by: str = "") -> Scrubbed:
    """Rewrite a Parquet file likewise. `numbered_by`: the column with a row's line; without it, the first row is 1."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    rows = read_emptiable(source)
    lines = rows[numbered_by].to_pylist() if numbered_by else range(1, rows.num_rows + 1)
    theirs = pa.array([line in task.lines for line in lines], pa.bool_())
    met, cut, before = int(pc.sum(theirs).as_py() or 0), 0, rows
    if contract.about == "person":
        rows = rows.filter(pc.invert(theirs))
    else:
        places, _ = positions(contract.columns, rows.column_names)
        if numbered_by:  # our own has a contract's names
            places = {column: place for place, column in enumerate(rows.column_names)}
        kept = {places[column.name] for column in contract.columns if not column.personal and column.name in places}
        for column in (column for column in contract.columns if column.elements and column.name in places):
            place = places[column.name]
            cells = zip(rows.column(place).to_pylist(), theirs.to_pylist(), strict=True)
            clean = [_emptied_list(text) if is_theirs and text else text for text, is_theirs in cells]
            rows = rows.set_column(place, rows.schema.field(place), pa.array(clean, rows.schema.field(place).type))
        for place, field in enumerate(rows.schema):
            if place not in kept and not (numbered_by and field.name in ADDED_COLUMNS):
                nothing = pa.nulls(rows.num_rows, field.type)
                rows = rows.set_column(place, field, pc.if_else(theirs, nothing, rows.column(place)))
    for place, field in enumerate(rows.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            values = rows.column(place).to_pylist()
            clean = [value and _without(value, task.words) for value in values]
            if changed := sum(old != new for old, new in zip(values, clean, strict=True)):
                cut += changed
                rows = rows.set_column(place, field, pa.array(clean, field.type))
    met = 0 if rows.equals(before) else met
    pq.write_table(rows, written, compression="zstd")
    return Scrubbed(*((met, 0) if contract.about == "person" else (0, met)), cut, rows.num_rows)
