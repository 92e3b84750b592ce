"""Row tests of one relation in one look at it, where each would take a look of its own.

A screen is an aggregate that is true only if a test finds no row. Where it is not true, the test itself counts and
keeps the rows. What is unique is not screened: one look for several columns would hold all their values at once.
"""

import re
from collections.abc import Iterable

import duckdb

from stammis.warehouse.project import Step

# as dbt writes these two tests; another test of theirs, or of the same name, has other SQL and is left to itself
NOT_NULL = re.compile(r"select .+? from (?P<relation>\S+) where (?P<column>\w+) is null")
ACCEPTED = re.compile(
    r"with all_values as \( select (?P<column>\w+) as value_field, count\(\*\) as n_records from (?P<relation>\S+) "
    r"group by (?P=column) \) select \* from all_values where value_field not in \( (?P<values>[^()]+) \)"
)
COUNTS_ROWS = ("count(*)", "!= 0", "!= 0", None)


def screen_of(step: Step) -> str:
    """The aggregate that is true only if the test finds no row; "" for a test of another kind."""
    if (step.fail_calc, step.warn_if, step.error_if, step.limit) != COUNTS_ROWS or len(step.reads) != 1:
        return ""
    text = " ".join(step.sql.split())
    found = NOT_NULL.fullmatch(text) or ACCEPTED.fullmatch(text)
    if not found or not found["relation"].endswith(f".{step.reads[0]}"):
        return ""
    column = found["column"]
    if found.re is NOT_NULL:
        return f"count(*) = count({column})"
    return f"coalesce(bool_and({column} in ({found['values']})), true)"


class Screens:
    """The screens of a build, each relation looked at once, when the first of its tests is due."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection, steps: Iterable[Step]) -> None:
        self._warehouse = warehouse
        self._screens: dict[str, dict[str, str]] = {}
        for step in steps:
            if step.kind == "test" and (screen := screen_of(step)):
                self._screens.setdefault(step.reads[0], {})[step.unique_id] = screen
        self._passed: dict[str, set[str]] = {}

    def passes(self, step: Step) -> bool:
        """Whether the test surely finds nothing; False also where that is not known."""
        relation = step.reads[0] if step.reads else ""
        if step.unique_id not in self._screens.get(relation, {}):
            return False
        if relation not in self._passed:
            self._passed[relation] = set(self._look(relation))
        return step.unique_id in self._passed[relation]

    def _look(self, relation: str) -> Iterable[str]:
        screens = self._screens[relation]
        try:
            row = self._warehouse.execute(f"select {', '.join(screens.values())} from {relation}").fetchall()[0]
        except duckdb.Error:  # one of them cannot be asked: each test then says so for itself
            return []
        return [unique_id for unique_id, is_passed in zip(screens, row, strict=True) if is_passed]
