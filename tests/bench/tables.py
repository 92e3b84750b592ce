"""Are the public tables of two warehouses the same? Counts and checksums, column by column of ours."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

COMPARED = (
    "customers",
    "identifiers",
    "orders",
    "order_lines",
    "consents",
    "suppressions",
    "memberships",
    "points_movements",
    "customer_events",
)


@dataclass(frozen=True)
class Difference:
    """One table of the two. `only_ours`: columns the floor does not make; `kinds`: columns that differ."""

    table: str
    rows: tuple[int, int]
    columns: int
    differing: tuple[str, ...]
    only_ours: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return self.rows[0] == self.rows[1] and not self.differing


def compare(ours: Path, floor: Path) -> list[Difference]:
    """Each public table of both; a row counts as the same when all its shared columns are."""
    with duckdb.connect() as database:
        database.execute("set TimeZone = 'UTC'; set memory_limit = '2GB'; set enable_progress_bar = false")
        database.execute(f"set temp_directory = '{floor.parent / 'compared'}'")
        database.execute(f"attach '{ours}' as ours (read_only); attach '{floor}' as floor (read_only)")
        return [_difference(database, table) for table in COMPARED]


def _difference(database: duckdb.DuckDBPyConnection, table: str) -> Difference:
    kinds = {row[0]: row[1] for row in database.execute(f"describe ours.marts.{table}").fetchall()}
    made = {row[0] for row in database.execute(f"describe floor.{table}").fetchall()}
    shared = [column for column in kinds if column in made]
    cast = {column: f'cast("{column}" as {kinds[column]})' for column in shared}
    whole = f"hash({', '.join(cast.values())})"
    # each cell with its row's own key would cost as much as the tables did: cells by column, and rows as a whole
    sums = ", ".join(f"sum(cast(hash({value}) as hugeint))" for value in cast.values())
    found = [
        database.execute(f"select count(*), sum(cast({whole} as hugeint)), {sums} from {place}.{table}").fetchall()[0]
        for place in ("ours.marts", "floor.main")
    ]
    differing = [column for place, column in enumerate(shared, 2) if found[0][place] != found[1][place]]
    if found[0][1] != found[1][1] and not differing:
        differing = ["which belong together"]
    only_ours = tuple(column for column in kinds if column not in made)
    return Difference(table, (found[0][0], found[1][0]), len(shared), tuple(differing), only_ours)
