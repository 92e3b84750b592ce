"""The database in memory and the scratch folder with which landed files are read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from stammis.core.sql import literal
from stammis.intake.columns import CELL_MACRO

ROWS_AT_ONCE, CHARACTERS_AT_ONCE = 5_000, 1_000_000  # that Python holds of what the database has
MEMORY = "150MB"  # of the database that reads, on one thread; with Python and all else, intake stays below 300 MB
T = TypeVar("T")


class Unreadable(Exception):
    """A file of which no row can be read; the text says why and what to do."""


class Database(Protocol):
    """The part of a DuckDB connection that this package uses."""

    def execute(self, query: str, parameters: object = None, /) -> "Database": ...
    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...


@dataclass(frozen=True)
class Workplace:
    """A database and a scratch folder to read files with. `refused`: what the database raises for a bad file.

    `exhausted`: the one of those that says its memory does not suffice; `largest`: bytes, unpacked, of the
    largest file that is read.
    """

    database: Database
    scratch: Path
    refused: type[Exception]
    exhausted: type[Exception]
    largest: int

    def prepare(self) -> None:
        """Set up what reading needs. What its memory does not hold spills to the scratch folder."""
        self.database.execute("set enable_progress_bar = false; set timezone = 'UTC'")
        self.database.execute(f"set threads = 1; set memory_limit = {literal(MEMORY)}")
        self.database.execute(f"set temp_directory = {literal(self.scratch / 'spilled')}")
        self.database.execute(CELL_MACRO)

    def count(self, relation: str) -> int:
        return int(self.database.execute(f"select count(*) from {relation}").fetchone()[0])

    def batches(self, query: str) -> Iterator[list[Any]]:
        """The rows of a query with a column `text`, some at a time, since Python takes ten times the memory for them.

        Other statements may run in between, but for a second one of these.
        """
        batch = f"""row_number() over () // {ROWS_AT_ONCE}
            + sum(strlen(text)) over (rows unbounded preceding) // {CHARACTERS_AT_ONCE}"""
        self.database.execute(f"create or replace temp table batches as select *, {batch} as batch from ({query})")
        for (number,) in self.database.execute("select distinct batch from batches order by batch").fetchall():
            rows = self.database.execute("select * exclude (batch) from batches where batch = ?", [number])
            yield rows.fetchall()
        self.database.execute("drop table batches")

    def attempt(self, read: Callable[[], T], *, is_last: bool = False) -> T | None:
        """What it reads; None for a bad file. `is_last`: no other way follows; too little memory raises."""
        try:
            return read()
        except self.refused as error:
            if is_last and isinstance(error, self.exhausted):
                raise
            return None
