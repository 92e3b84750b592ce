"""Reads the warehouse between the two phases of a build, in the building process. Never writes it.

No other process could: while a build runs the file has one user, and tables are published only afterwards.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from stammis.core.damage import named_damage
from stammis.core.settings import Settings
from stammis.core.sql import copy_to
from stammis.warehouse.connection import connect
from stammis.warehouse.fingerprints import rows_fingerprint
from stammis.warehouse.published import Row


class Tables:
    """The warehouse, open for questions. Table names come from our own models, never from data."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        relation = self._connection.execute(query, list(values))
        names = [column[0].lower() for column in relation.description]
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]

    def count(self, table: str) -> int:
        return int(self.rows(f"select count(*) as many from {table}")[0]["many"])

    def fingerprint(self, table: str) -> str:
        """A text that changes with any row, but not with the order of rows. Computed in the engine, so it is cheap."""
        return rows_fingerprint(self._connection, table)

    def copy(self, table: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self._connection.execute(copy_to(f"select * from {table}", target))


@contextmanager
def open_tables(settings: Settings) -> Iterator[Tables]:
    """Open the warehouse for the length of a `with`; it is closed before the build goes on."""
    connection = connect(settings)
    try:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        with named_damage(settings.data, duckdb.Error):
            yield Tables(connection)
    finally:
        connection.close()
