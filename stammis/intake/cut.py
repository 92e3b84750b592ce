"""A file that breaks off in the middle of a row: the unit of that row is not whole, and must replace no whole one.

A receipt of three lines that is cut after the first would otherwise count as a newer version of the whole receipt.
What still stands of the cut row tells whether the rows before it are of the same unit.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence

from stammis.core.sql import literal, name
from stammis.intake.columns import REASON, judged_rows
from stammis.intake.contracts import Column, Contract
from stammis.intake.lines import CUT, CUT_TEXT

NOT_AN_OBJECT = "is not a JSON object: if the row, or the end of the file, is cut short, land it again whole"
OF_CUT_UNIT = "the file is cut short within what this row is part of: land it again whole, under a new name"
WHOLE_PAIR = re.compile(r'"([^"\\]+)"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9.]+)\s*,')
Legible = Callable[[str], Mapping[str, str]]  # what stands whole in a cut row: column → text


def breaks_off(reason: str) -> str:
    """SQL: is it for this reason (SQL of a text) that a row is bad, that the file breaks off there?"""
    return " or ".join(f"ends_with({reason}, {literal(words)})" for words in (CUT, CUT_TEXT, NOT_AN_OBJECT))


def legible_cells(places: Mapping[str, int], delimiter: str) -> Legible:
    """Of a row of CSV: every cell but the last, which may be cut itself. `places`: column → place of its cell."""

    def read(row: str) -> Mapping[str, str]:
        try:
            cells = next(csv.reader([row], delimiter=delimiter), [])
        except csv.Error:
            return {}
        return {column: cells[place] for column, place in places.items() if place < len(cells) - 1}

    return read


def legible_pairs(columns: Sequence[Column]) -> Legible:
    """Of a JSON object: every plain value that a comma follows."""

    def read(row: str) -> Mapping[str, str]:
        told = {key: value.strip('"') for key, value in WHOLE_PAIR.findall(row)}
        headers = {column.name: [header for header in column.headers if header in told] for column in columns}
        return {column: told[found[0]] for column, found in headers.items() if found}

    return read


def rows_of_cut_unit(contract: Contract, cut_row: str, legible: Legible) -> str | None:
    """SQL of the lines of `checked` that may be of the unit at which the file breaks off; None if a unit is one row.

    These are the unit of the last good row, unless the cut row is seen to be of another.
    """
    if contract.rows_per_unit == "one" or not contract.unit:
        return None
    cells = {column: f"cell({literal(text)})" for column, text in legible(cut_row).items()}
    carried = [name(by) for _, by in contract.fill_down]  # tells where the unit itself stands in its first row only
    parts = [f"cast({part} as varchar)" for part in (*contract.unit, *carried)]
    listed = ", ".join(f"{part} as part_{place}" for place, part in enumerate(parts))
    same = " and ".join(f"coalesce(cut.part_{place} = last.part_{place}, true)" for place in range(len(parts)))
    of_last = " and ".join(f"{part} is not distinct from last.part_{place}" for place, part in enumerate(parts))
    judged = judged_rows(contract, "(select 1::bigint as line)", cells)
    return f"""select line from checked, (
            select {listed} from checked where {REASON} is null order by line desc limit 1
        ) as last, (select {listed} from ({judged})) as cut
        where {REASON} is null and {same} and {of_last}"""
