"""Judges the raw rows of a landed file: good ones are typed in `checked`, bad ones are `quarantined` with a reason.

What a person should know of good rows, values that are left empty and numbers that are none, is said in notes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from stammis.core.sql import literal, name
from stammis.intake.columns import LEFT_EMPTY, REASON, judged_rows, pointer
from stammis.intake.contracts import Contract
from stammis.intake.cut import (
    NOT_AN_OBJECT,
    OF_CUT_UNIT,
    OF_DAMAGED_UNIT,
    Legible,
    columns_of_unit,
    has_parts,
    judged_bad_rows,
    legible_bad_rows,
    legible_pairs,
    rows_of_damaged_units,
)
from stammis.intake.files import LandedFile, Note
from stammis.intake.headers import missing_keys
from stammis.intake.lines import CUT_TEXT, NUL, REST, SHORTENED, printable
from stammis.intake.workplace import Workplace

AT_ONCE = 10_000  # texts of bad rows that are held in memory; of 4,000 characters each
GOOD = f"checked where {REASON} is null"  # SQL: the file's rows that are not quarantined


@dataclass(frozen=True)
class Source:
    """A relation of a file's raw rows. `raw`: SQL of a row's text; `wrong`: the reason why the whole file is bad.

    `legible`: reads what stands of a row that is damaged; None if no row can be. `may_be_cut`: if the last row is
    bad, the file breaks off at it.
    """

    relation: str
    raw: str
    cells: Mapping[str, str]
    trouble: str = "null::varchar"
    wrong: str | None = None
    ready: Sequence[str] = ()
    legible: Legible | None = None
    may_be_cut: bool = False


def judge(work: Workplace, contract: Contract, source: Source) -> int:
    """Type every cell; rows with a reason go to `quarantined` with their text. Returns how many there were."""
    select = (
        judged_rows(contract, source.relation, {}, literal(source.wrong))
        if source.wrong
        else judged_rows(contract, source.relation, source.cells, source.trouble, source.ready)
    )
    work.database.execute(f"create or replace temp table checked as {select}")
    if source.may_be_cut:
        work.database.execute(
            f"""update checked set {REASON} = concat({REASON}, '; ', ?) where {REASON} is not null and line = (
                select max(line) from (select line from checked union all select line from quarantined))""",
            [CUT_TEXT],
        )
    _quarantine(work, source, f"select line, {REASON} as reason from checked where {REASON} is not null")
    if not source.wrong and has_parts(contract) and work.count("quarantined"):
        _set_aside_damaged_units(work, contract, source)
    return work.count("checked")


def _quarantine(work: Workplace, source: Source, bad: str) -> None:
    """Add rows to `quarantined` with their text. `bad`: SELECT line, reason."""
    if not work.count(f"({bad})"):
        return
    text = f"replace(left({source.raw}, {SHORTENED}), chr(0), '␀')"
    work.database.execute(
        f"""insert into quarantined select line, reason, row
        from ({bad}) join (select line, {text} as row from {source.relation}) using (line)"""
    )
    long = f"select line, {source.raw} as raw from {source.relation} where length({source.raw}) > {SHORTENED}"
    found = work.database.execute(f"select line, raw from ({long}) where line in (select line from ({bad}))")
    kept = []
    while row := found.fetchone():  # one at a time, as each may have a million characters
        kept.append((printable(row[1]), row[0]))
    for each in kept:
        work.database.execute("update quarantined set row = ? where line = ?", each)


def _set_aside_damaged_units(work: Workplace, contract: Contract, source: Source) -> None:
    """Quarantine the other rows of every unit of which a row is quarantined: half a unit must replace no whole one."""
    columns, database = columns_of_unit(contract), work.database
    shape = ", ".join(f"{name(f'cell {column}')} varchar" for column in columns)
    database.execute(f"create or replace temp table legible (line bigint, reason varchar, {shape})")
    if source.legible:
        database.execute(
            """create or replace temp table torn as select *, row_number() over () as place from quarantined
            where reason = ? or line not in (select line from checked)""",
            [NOT_AN_OBJECT],
        )
        for first in range(0, work.count("torn"), AT_ONCE):
            torn = f"select line, reason, row from torn where place > {first} and place <= {first + AT_ONCE}"
            rows = [(line, reason, source.legible(row)) for line, reason, row in database.execute(torn).fetchall()]
            lists = [[line for line, _, _ in rows], [reason for _, reason, _ in rows]]
            lists += [[told.get(column) for _, _, told in rows] for column in columns]
            unnested = ", ".join(["unnest(?::bigint[])"] + ["unnest(?::varchar[])"] * (len(lists) - 1))
            database.execute(f"insert into legible select {unnested}", lists)
    bad = f"{judged_bad_rows(contract)} union all {legible_bad_rows(contract, 'legible')}"
    database.execute(f"create or replace temp table halves as {rows_of_damaged_units(contract, bad)}")
    reason = f"case when is_cut then {literal(OF_CUT_UNIT)} else {literal(OF_DAMAGED_UNIT)} end"
    database.execute(f"update checked set {REASON} = {reason} from halves where checked.line = halves.line")
    _quarantine(work, source, f"select line, {reason} as reason from halves")


def judge_json(work: Workplace, contract: Contract, source: str) -> int:
    """Do as `judge` for a relation of (line, text), where each text should be a JSON object."""
    paths = [(column.name, header) for column in contract.columns for header in column.headers]
    pointers = ", ".join(pointer(header) for _, header in paths)
    kind = "case when json_valid(text) then json_type(text) end"
    relation = f"""(select line, text, coalesce({kind} = 'OBJECT', false) as is_object,
        case when {kind} = 'OBJECT' then json_extract_string(text, [{pointers}]) end as found
        from {source})"""
    found: dict[str, list[str]] = {}
    for place, (column, _) in enumerate(paths, 1):
        found.setdefault(column, []).append(f"cell(found[{place}])")
    cells = {column: f"coalesce({', '.join(values)})" for column, values in found.items()}
    trouble = f"""case when not is_object then {literal(NOT_AN_OBJECT)}
        when contains(text, '\\u0000') then {literal(NUL)} end"""
    rows = judge(work, contract, Source(relation, "text", cells, trouble, legible=legible_pairs(contract.columns)))
    if rows and not work.count(f"checked where {REASON} is null"):
        _name_missing_keys(work, contract, relation)
    return rows


def _name_missing_keys(work: Workplace, contract: Contract, relation: str) -> None:
    """Replace the reasons, when no row is good, by the key that all rows lack: it explains more."""
    batches = work.batches(f"select text from {relation} where is_object limit 100")
    if reason := missing_keys(contract, (row for batch in batches for (text,) in batch for row in _read_again(text))):
        work.database.execute(
            "update quarantined set reason = ? where reason <> ? and not contains(reason, ?)",
            [reason, NOT_AN_OBJECT, REST],
        )


def _read_again(text: str) -> Iterator[Mapping[str, Any]]:
    """The JSON object that the database has read; none if Python cannot, for its depth or a number's length."""
    with suppress(ValueError, RecursionError):
        yield json.loads(text)


def joined(names: Sequence[str], delimiter: str) -> str:
    cells = ", ".join(f"coalesce(cast({name(column)} as varchar), '')" for column in names)
    return f"concat_ws({literal(delimiter)}, {cells})"


def values_left_empty(work: Workplace, file: LandedFile) -> Iterator[Note]:
    """Yield a note for each column with values that could not be read, in rows that are kept without them."""
    counts = f"select {LEFT_EMPTY}, count(*) from {GOOD} and {LEFT_EMPTY} is not null group by 1 order by 1"
    for header, rows in work.database.execute(counts).fetchall():
        where = "1 row, where it is" if rows == 1 else f"{rows:,} rows, where it is"
        yield Note(file.place, f"column '{header}' cannot be read on {where} left empty")


def numbers_that_are_none(work: Workplace, file: LandedFile) -> Iterator[Note]:
    """Yield a note for each column with texts that are no telephone number, counted by their reasons."""
    for column in (column for column in file.contract.columns if column.personal == "phone"):
        fault = name(f"{column.name}_fault")
        counted = f"select {fault}, count(*) from {GOOD} and {fault} is not null group by 1 order by 2 desc, 1"
        faults = work.database.execute(counted).fetchall()
        if rows := sum(count for _, count in faults):
            reasons = "; ".join(f"{reason} ({count:,})" for reason, count in faults)
            where = "1 row" if rows == 1 else f"{rows:,} rows"
            header = column.headers[0]
            yield Note(file.place, f"column '{header}' is no telephone number on {where}: {reasons}")
