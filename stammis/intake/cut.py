"""Units that are not whole, since one of their rows is quarantined: they must replace no whole ones.

A receipt of three lines, of which the second cannot be read or the file breaks off at it, would otherwise count as a
newer version of the whole receipt. What still stands of the bad row tells of which unit it is.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence

from stammis.core.sql import literal, name
from stammis.intake.columns import REASON, is_empty, judged_rows
from stammis.intake.contracts import Column, Contract
from stammis.intake.lines import CUT, CUT_TEXT

NOT_AN_OBJECT = "is not a JSON object: if the row, or the end of the file, is cut short, land it again whole"
OF_CUT_UNIT = "the file is cut short within what this row is part of: land it again whole, under a new name"
OF_DAMAGED_UNIT = (
    "another row of what this row is part of is quarantined: mend that row, and land the file again under a new name"
)
UNKNOWN = re.compile("[?␀\ufffd]")  # stands where a character of a bad row could not be read
WHOLE_PAIR = re.compile(r'"([^"\\]+)"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9.]+)\s*,')
Legible = Callable[[str], Mapping[str, str]]  # what stands whole in a cut row: column → text


def breaks_off(reason: str) -> str:
    """SQL: is it for this reason (SQL of a text) that a row is bad, that the file breaks off there?"""
    return " or ".join(f"ends_with({reason}, {literal(words)})" for words in (CUT, CUT_TEXT, NOT_AN_OBJECT))


def legible_cells(places: Mapping[str, int], delimiter: str) -> Legible:
    """Of a row of CSV: every cell but the last, which may be cut itself. `places`: column → place of its cell.

    A cell with a character that could not be read is not among them.
    """

    def read(row: str) -> Mapping[str, str]:
        try:
            cells = next(csv.reader([row], delimiter=delimiter), [])
        except csv.Error:
            return {}
        found = {column: cells[place] for column, place in places.items() if place < len(cells) - 1}
        return {column: text for column, text in found.items() if not UNKNOWN.search(text)}

    return read


def legible_pairs(columns: Sequence[Column]) -> Legible:
    """Of a JSON object: every plain value that a comma follows."""

    def read(row: str) -> Mapping[str, str]:
        told = {key: value.strip('"') for key, value in WHOLE_PAIR.findall(row)}
        headers = {column.name: [header for header in column.headers if header in told] for column in columns}
        return {column: told[found[0]] for column, found in headers.items() if found}

    return read


def has_parts(contract: Contract) -> bool:
    """Whether a unit may have several rows in a file."""
    return contract.rows_per_unit == "many" and bool(contract.unit)


def columns_of_unit(contract: Contract) -> list[str]:
    """The columns that tell of which unit a row is; where those of the unit stand in its first row only, by which."""
    told = " ".join(_parts(contract))
    return [column.name for column in contract.columns if re.search(rf"\b{re.escape(column.name)}\b", told)]


def _parts(contract: Contract) -> list[str]:
    return list(dict.fromkeys(name(by) for _, by in contract.fill_down)) or list(contract.unit)


def _list_of_parts(contract: Contract) -> str:
    """SQL of the list of texts by which a row's unit is known; one that the row does not tell is null."""
    return f"[{', '.join(f'cast({part} as varchar)' for part in _parts(contract))}]"


def judged_bad_rows(contract: Contract) -> str:
    """SQL of (line, reason, parts) of the bad rows of `checked` that may be of a unit.

    One that only lacks a part of the unit is of none.
    """
    lacking = [literal(is_empty(column)) for column in contract.columns if column.name in contract.unit]
    ignored = ", ".join([literal(NOT_AN_OBJECT), *lacking])
    return f"""select line, {REASON} as reason, {_list_of_parts(contract)} as parts from checked
        where {REASON} not in ({ignored})"""


def legible_bad_rows(contract: Contract, legible: str) -> str:
    """The same of rows of which a part can be read only. `legible`: a relation of line, reason and `cell <column>`."""
    cells = {column: f"cell({name(f'cell {column}')})" for column in columns_of_unit(contract)}
    judged = judged_rows(contract, legible, cells)
    return f"""select line, reason, {_list_of_parts(contract)} as parts from ({judged}) join {legible} using (line)"""


def rows_of_damaged_units(contract: Contract, bad_rows: str) -> str:
    """SQL of (line, is_cut) of the good rows of `checked` of whose unit another row is among `bad_rows`.

    A bad row that tells all of its unit is of that one, wherever its rows stand. One that tells less is of the unit
    of the rows above and below it, or of the only one of both that is not another. Where the file breaks off, what
    tells nothing is of the unit above.
    """
    good = f"(select line, {_list_of_parts(contract)} as parts from checked where {REASON} is null)"
    size = len(_parts(contract))
    alike = " and ".join(f"coalesce(parts[{place}] = {{0}}[{place}], true)" for place in range(1, size + 1))
    return f"""
        with bad as (
            select *, list_count(parts) = {size} as is_known,
                ({breaks_off("reason")}) and line >= (select max(line) from checked) as is_last
            from ({bad_rows})
        ),
        units as (
            select line, parts from {good} where list_count(parts) = {size}
            union all select line, parts from bad where is_known
        ),
        placed as (
            select bad.*, above.parts as above, below.parts as below
            from bad asof left join units as above on bad.line > above.line
            asof left join units as below on bad.line < below.line
        ),
        compared as (
            select *, above is not null and {alike.format("above")} as may_be_above,
                below is not null and {alike.format("below")} as may_be_below
            from placed
        ),
        damaged as (
            select is_last, case
                when is_known then parts
                when may_be_above and may_be_below then case when above = below then above end
                when not is_last and list_count(parts) = 0 then null
                when may_be_above then above
                when may_be_below then below
            end as parts
            from compared
        )
        select line, bool_or(is_last) as is_cut from {good} join damaged using (parts) group by line"""
