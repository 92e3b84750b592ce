"""One landed file as two tables of the database: `checked` (typed rows) and `quarantined` (line, reason, row).

DuckDB reads a sound file directly, and must find as many rows as the file has lines. Any other file is first
read line by line (lines.py). The connection is intake.py's own.
"""

import re
from dataclasses import replace
from pathlib import Path

from stammis.core import sql
from stammis.core.sql import literal, name, parquet
from stammis.intake.columns import swallowed_rows
from stammis.intake.contracts import Contract
from stammis.intake.cut import legible_cells
from stammis.intake.decimals import UNDECIDED, Numbers, read_otherwise, with_other_mark
from stammis.intake.elements import is_empty_list, number_elements
from stammis.intake.encodings import UTF_8, WINDOWS_1252, encoding_of
from stammis.intake.files import (
    LandedFile,
    count_lines,
    end_of,
    ends_openly,
    head_of,
    is_document,
    is_gzip,
    starts_array,
    unreadable,
)
from stammis.intake.headers import MOST_COLUMNS, TOO_WIDE, Header, positions, read_header
from stammis.intake.judging import GOOD, Source, joined, judge, judge_json
from stammis.intake.lines import LINE_MARK, NUL, Copy, TooLarge, number_records, unpack
from stammis.intake.workplace import Unreadable, Workplace

NO_ROWS = "not read: no JSON object is in it, and it is no empty list; export it again"
BEGINS_OBJECT = r"""regexp_matches(row, '^\s*\{\s*"')"""
LARGER = "land it in parts, or set STAMMIS_LARGEST_FILE"
NOT_PARQUET = "not read: it is not a whole Parquet file; land it again"
WESTERN = "is not UTF-8 and reads as Windows-1252; `encoding: windows-1252` in the source's YAML declares it"
QUOTED = "quote = '\"', escape = '\"'"
UNQUOTED = f"delim = '{LINE_MARK}', quote = '', escape = ''"
LINES = "max_line_size = 4_200_000, buffer_size = 8_400_000"  # bytes; a row of a million characters fits
NO_LINES = "(select 1::bigint as line, '' as text where false)"


def read_rows(work: Workplace, file: LandedFile, remarks: list[str]) -> int:
    """Fill `checked` and `quarantined`; returns how many rows the file has, counted without looking into cells.

    `remarks`: collects what was read otherwise than the source declares it. Raises Unreadable when no row can be read.
    """
    work.database.execute("create or replace temp table quarantined (line bigint, reason varchar, row varchar)")
    landed, is_whole = _unpacked(work, file)
    if file.kind == "parquet":
        return _read_parquet(work, file.contract, landed)
    head = head_of(landed)
    if file.kind == "jsonl" and not head.strip():  # nothing happened that day
        return judge_json(work, file.contract, NO_LINES)
    if why := unreadable(head):
        raise Unreadable(why)
    if file.kind == "csv":
        return _read_csv(work, file.contract, landed, head, is_whole, remarks)
    is_one = is_document(head, file.kind, file.contract.rows)
    rows = _read_document(work, file.contract, landed, head, is_whole) if is_one else None
    rows = _read_lines(work, file.contract, landed, is_whole) if rows is None else rows
    if not work.count(GOOD) and not (
        work.count(f"quarantined where {BEGINS_OBJECT}") if rows else is_empty_list(landed, file.contract.rows)
    ):
        raise Unreadable(NO_ROWS)
    return rows


def _unpacked(work: Workplace, file: LandedFile) -> tuple[Path, bool]:
    """The file, unpacked, by a name in which nothing looks like a glob; and whether it is whole, as far as that shows.

    Raises Unreadable for one that is larger than may be.
    """
    landed = work.scratch / "landed"
    landed.unlink(missing_ok=True)
    try:
        if is_gzip(file.path):
            return landed, unpack(file.path, landed, work.largest)
        if file.path.stat().st_size > work.largest:
            raise TooLarge
    except TooLarge:
        raise Unreadable(f"not read: it has more than {work.largest:,} bytes; {LARGER}") from None
    landed.symlink_to(file.path.resolve())
    return landed, True


def _read_csv(
    work: Workplace, contract: Contract, landed: Path, head: bytes, is_whole: bool, remarks: list[str]
) -> int:
    lines = count_lines(landed) if is_whole else None
    # lines that were counted are UTF-8, and a large file is not looked through twice
    encoding = encoding_of(landed, contract.encoding) if lines is None else UTF_8
    if encoding == WINDOWS_1252 and not contract.encoding:
        remarks.append(WESTERN)
    header = read_header(head, contract.columns, encoding)
    places, wrong = positions(contract.columns, header.names)
    wrong = header.fault or wrong
    names = [f"cell {place}" for place in range(len(header.names))]
    may_be_cut = is_whole and not wrong and ends_openly(landed)
    shape = f"auto_detect = false, delim = {literal(header.delimiter)}, {QUOTED}"
    texts = ", ".join(f"'{cell}': 'varchar'" for cell in names)

    def source(relation: str) -> Source:
        cells = {column: f"cell({name(names[place])})" for column, place in places.items()}
        legible = legible_cells(places, header.delimiter)
        trouble = swallowed_rows(contract, cells)
        raw = joined(names, header.delimiter)
        return Source(relation, raw, cells, trouble, wrong, legible=legible, may_be_cut=may_be_cut)

    def judge_csv(relation: str) -> int:
        as_declared = source(relation)
        rows = judge(work, contract, as_declared)
        if not wrong and (otherwise := _as_written(work, contract, as_declared, header.delimiter, remarks)):
            work.database.execute("delete from quarantined where line in (select line from checked)")
            judge(work, *otherwise)
        return rows

    if lines is not None and header.lines == 1:
        straight = f"""(select row_number() over () + 1 as line, * from read_csv({_file(landed)}, {shape},
            header = true, columns = {{{texts}}}, compression = 'none', {LINES}))"""
        rows = work.attempt(lambda: judge_csv(straight))
        if rows == lines - 1:
            return rows
    copy, rows = _number_lines(work, landed, header, is_whole)
    numbered = f"""read_csv({_file(*copy.paths)}, {shape}, header = false, columns = {{'line': 'bigint', {texts}}},
        compression = 'none', {LINES})"""
    judge_csv(numbered)
    if header.fault:  # of rows with other cells than what is no header, too
        work.database.execute("update quarantined set reason = ?", [header.fault])
    return rows


def _as_written(
    work: Workplace, contract: Contract, source: Source, delimiter: str, remarks: list[str]
) -> tuple[Contract, Source] | None:
    """How to read numbers that are not written as declared; None if they are, or if some are and others not.

    A file with semicolons comes from a country of decimal commas: where nothing is declared, 1,234 is doubtful there.
    """
    numbers = Numbers(contract, source.cells)
    is_doubtful = delimiter == ";" and not any(column.decimal for column in numbers.columns)
    if not is_doubtful and not work.count(numbers.unread):
        return None
    told = [work.count(f"{source.relation} where {each}") for each in (numbers.by_declared_mark, numbers.by_other_mark)]
    if told[1] and not told[0]:
        remarks.append(read_otherwise(contract))
        return with_other_mark(contract), source
    if is_doubtful and told == [0, 0]:
        undecided = f"case when {numbers.by_either_mark} then {literal(UNDECIDED)} end"
        return contract, replace(source, trouble=f"coalesce({source.trouble}, {undecided})")
    return None


def _read_lines(work: Workplace, contract: Contract, landed: Path, is_whole: bool) -> int:
    """JSON, an object on each line."""
    lines = count_lines(landed) if is_whole else None
    if lines is not None:
        straight = f"""(select row_number() over () as line, text from read_csv({_file(landed)},
            auto_detect = false, {UNQUOTED}, header = false, columns = {{'text': 'varchar'}},
            compression = 'none', {LINES}))"""
        blank = "coalesce(trim(text), '') = ''"
        blanks = work.attempt(lambda: work.count(f"{straight} where {blank}"))
        rows = work.attempt(lambda: judge_json(work, contract, f"(from {straight} where not ({blank}))"))
        if blanks is not None and rows == lines - blanks:
            return rows
    copy, rows = _number_lines(work, landed, None, is_whole)
    judge_json(work, contract, _numbered_json(copy))
    return rows


def _read_document(work: Workplace, contract: Contract, landed: Path, head: bytes, is_whole: bool) -> int:
    """JSON, an array of objects or one object over several lines. `line` is the object's number.

    Rows that a document wraps are taken out in Python.
    """
    form = "array" if starts_array(head) else "unstructured"
    is_closed = form != "array" or end_of(landed).rstrip().endswith(b"]")  # the database reads a list that is not
    if is_whole and is_closed and not contract.rows and count_lines(landed, are_rows=False) is not None:
        straight = f"""(select row_number() over () as line, json::varchar as text from read_json_objects(
            {_file(landed)}, format = '{form}', compression = 'none', maximum_object_size = 4_200_000))"""
        straight_rows = work.attempt(lambda: judge_json(work, contract, straight))
        if straight_rows:
            return straight_rows
    copy, quarantined = Copy(work.scratch / "copy"), work.scratch / "quarantined"
    rows = number_elements(landed, is_whole, copy, quarantined, contract.rows)
    _load_quarantined(work, quarantined)
    judge_json(work, contract, _numbered_json(copy))
    return rows


def _read_parquet(work: Workplace, contract: Contract, path: Path) -> int:
    describe = f"describe from {parquet(path)}"
    described = work.attempt(lambda: work.database.execute(describe).fetchall())
    if not described:
        raise Unreadable(NOT_PARQUET)
    if len(described) > MOST_COLUMNS:
        raise Unreadable(TOO_WIDE.format(f"{len(described):,} columns"))
    names, types = [row[0] for row in described], [row[1] for row in described]
    places, wrong = positions(contract.columns, names)
    declared = {column.name: column.data_type for column in contract.columns}
    ready = [column for column, place in places.items() if _is_alike(types[place], declared[column])]
    cells, texts = {}, []
    for column, place in places.items():
        own = name(names[place])
        if column in ready:
            cells[column] = f"try_cast({own} as {declared[column]})"
        else:
            cells[column] = f"cell(cast({own} as varchar))"
            texts.append(cells[column])
    rows = f"read_parquet({_file(path)}, file_row_number = true)"
    source = Source(
        relation=f"(select file_row_number + 1 as line, * from {rows})",
        raw=joined(names, ","),
        cells=cells,
        trouble=f"case when contains(concat_ws('', '', {', '.join(texts)}), chr(0)) then {literal(NUL)} end",
        wrong=wrong,
        ready=ready,
    )
    if work.attempt(lambda: judge(work, contract, source), is_last=True) is None:
        raise Unreadable(NOT_PARQUET)
    return work.count(parquet(path))


def _is_alike(found: str, declared: str) -> bool:
    """Is a Parquet type what the contract means, so that going by way of text would only lose something?"""
    kinds = {"TIMESTAMP": "time", "DATE": "time", "BOOLEAN": "boolean"}
    kinds |= dict.fromkeys(("DECIMAL", "INTEGER", "BIGINT", "SMALLINT", "DOUBLE", "FLOAT"), "number")
    words = [re.split(r"[ (_]", kind.upper())[0] for kind in (found, declared)]
    return kinds.get(words[0]) is not None and kinds.get(words[0]) == kinds.get(words[1])


def _number_lines(work: Workplace, landed: Path, header: Header | None, is_whole: bool) -> tuple[Copy, int]:
    """Read a damaged text file line by line; returns a numbered copy of its sound records, and the count of all."""
    copy, quarantined = Copy(work.scratch / "copy"), work.scratch / "quarantined"
    rows = number_records(landed, header, is_whole, copy, quarantined)
    _load_quarantined(work, quarantined)
    return copy, rows


def _load_quarantined(work: Workplace, quarantined: Path) -> None:
    work.database.execute("delete from quarantined")  # what a straight reading found before it failed
    work.database.execute(
        f"""insert into quarantined from read_csv({_file(quarantined)}, auto_detect = false, header = false,
        delim = ',', {QUOTED}, columns = {{'line': 'bigint', 'reason': 'varchar', 'row': 'varchar'}})"""
    )


def _numbered_json(copy: Copy) -> str:
    return f"""read_csv({_file(*copy.paths)}, auto_detect = false, header = false, {UNQUOTED},
        columns = {{'line': 'bigint', 'text': 'varchar'}}, compression = 'none', {LINES})"""


def _file(*paths: Path) -> str:
    """The first arguments of a function that reads these files."""
    return f"[{', '.join(map(sql.file, paths))}], hive_partitioning = false"
