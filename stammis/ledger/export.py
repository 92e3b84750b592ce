"""The ledger as files for the next build. A change costs as much as it is large, never the month it belongs to.

messages/<YYYY-MM>.parquet, journey_log/<YYYY-MM>.parquet   a month's rows; years of them are never touched
messages/changes/<YYYY-MM>.parquet, ...                     the rows that changed since, in their newest state
messages/empty.parquet, ...                                 so that a reader always finds a schema
approvals, switches, audience_sizes, answers: all.parquet   small, rewritten when they changed

Changes are folded into their month when they have grown to a quarter of it.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    String,
    Table,
    and_,
    func,
    select,
    true,
    type_coerce,
)

from stammis.core.damage import named_damage
from stammis.core.files import whole_file, write_whole
from stammis.core.sql import PARQUET, FileView, copy_to, parquet, parquet_in
from stammis.ledger.tables import answers, approvals, audience_sizes, changes, exports, journey_log, messages, switches

ROWS_AT_A_TIME = 20_000
FEW_CHANGES = 1_000  # so many are never worth a month's rewriting
CHANGES = "changes"
EMPTY = "empty"
NOT_EXPORTED = {
    "month",
    "change",
    "consented_at",
    "code",
    "queued_at",
    "attempt",
    "batch",
}  # the ledger's own affair
BY_MONTH = (messages, journey_log)
WHOLE = (approvals, switches, audience_sizes, answers)
EXPORTED = {table.name: table for table in (*BY_MONTH, *WHOLE)}


class Written(NamedTuple):
    """A month and the number of the change it was written up to. `rows`: how many were written for it."""

    table_name: str
    month: str
    change: int
    rows: int


def write_changes(connection: Connection, folder: Path, whole_months: bool = False) -> list[Written]:
    """Update the files in `folder` to the ledger as `connection`'s transaction sees it.

    A lost file is written again, and a file the ledger does not know is removed: the folder is a mirror. Repeating it
    changes nothing. `whole_months`: each changed month is written anew, so that no file keeps what a row once said.
    """
    last: int = connection.execute(select(changes.c.number)).scalar_one()
    is_mirror = _stamp(folder).exists() and _stamp(folder).read_text() == f"{_exported_to(connection)}"
    written = []
    with named_damage(folder.parent, duckdb.Error), closing(duckdb.connect()) as database:
        # to find the type of a column, every row counts: the first thousand may all be empty
        database.execute(f"set global pandas_analyze_sample = {ROWS_AT_A_TIME}")
        for table in BY_MONTH:
            place = _Place(database, table, folder / table.name)
            known = _known(connection, table)
            lost = {
                month
                for month in known
                if not (is_mirror and place.of(month).exists() and place.changes_of(month).exists())
            }
            since = max(known.values(), default=0)
            touched = set(connection.scalars(select(table.c.month).where(table.c.change > since).distinct()))
            for month in sorted(touched | lost):
                in_month = table.c.month == month
                if whole_months or month in lost or month not in known:
                    rows = place.write_month(month, _rows(connection, table, in_month))
                else:
                    newer = and_(in_month, table.c.change > since)
                    rows = place.write_changes(month, _rows(connection, table, newer))
                written.append(Written(table.name, month, last, rows))
            place.write_empty()
            place.remove_all_but({*known, *touched, EMPTY})
        for table in WHOLE:
            place = _Place(database, table, folder / table.name)
            place.write_if_other(place.of("all"), _rows(connection, table, true()))
    if not is_mirror or written:
        write_whole(_stamp(folder), f"{max([_exported_to(connection), *(each.change for each in written)])}")
    return written


def _stamp(folder: Path) -> Path:
    """Up to which change of the ledger the folder goes. An older ledger put back knows another: all is written anew."""
    return folder / "exported_to"


def _exported_to(connection: Connection) -> int:
    return max([0, *(change for table in BY_MONTH for change in _known(connection, table).values())])


def exported(folder: Path, table_name: str) -> FileView:
    """The rows of an exported table as they stand now, from its files below `folder`."""
    place = folder / table_name
    table = EXPORTED[table_name]
    files = tuple(sorted(place.rglob(PARQUET)))
    if table in WHOLE:
        return FileView(f"select * from {parquet_in(place)}", table_name, files)
    return FileView(_newest(table, parquet_in(place), parquet_in(place / CHANGES)), table_name, files)


@dataclass(frozen=True, slots=True)
class _Place:
    """The files of one table."""

    database: duckdb.DuckDBPyConnection
    table: Table
    folder: Path

    def of(self, month: str) -> Path:
        return self.folder / f"{month}.parquet"

    def changes_of(self, month: str) -> Path:
        return self.folder / CHANGES / f"{month}.parquet"

    def write_month(self, month: str, rows: Iterable[tuple[Any, ...]]) -> int:
        """Write a month from the ledger. Without its changes, which are older, it counts as lost until it is there."""
        self.changes_of(month).unlink(missing_ok=True)
        count = self._load(rows)
        self._copy("select * from part", self.of(month))
        self._copy("select * from part where false", self.changes_of(month))
        return count

    def write_changes(self, month: str, rows: Iterable[tuple[Any, ...]]) -> int:
        """Add newer rows to the month's changes, and fold them into the month when they are many."""
        count = self._load(rows)
        of_month, changed = parquet(self.of(month)), parquet(self.changes_of(month))
        self._copy(_newest(self.table, changed, "part"), self.changes_of(month))
        size, changed_size = (self._count(relation) for relation in (of_month, changed))
        if changed_size > max(FEW_CHANGES, size // 4):
            # a kill between the two leaves changes that say what the month says
            self._copy(_newest(self.table, of_month, changed), self.of(month))
            self._copy("select * from part where false", self.changes_of(month))
        return count

    def write_empty(self) -> None:
        for path in (self.of(EMPTY), self.changes_of(EMPTY)):
            self.write_if_other(path, ())

    def write_if_other(self, path: Path, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write a small file, unless the one there has the same rows and columns."""
        self._load(rows)
        if not path.exists() or not self._holds_part(path):
            self._copy("select * from part", path)

    def remove_all_but(self, ours: set[str]) -> None:
        """Remove unfinished files of a killed export, and months of another ledger."""
        for path in [*self.folder.iterdir(), *(self.folder / CHANGES).iterdir()]:
            if path.is_file() and (path.suffix != ".parquet" or path.stem not in ours):
                path.unlink()

    def _load(self, rows: Iterable[tuple[Any, ...]]) -> int:
        """Put rows into the table `part`, typed. Returns how many."""
        import numpy  # takes longer to import than an export without a change

        columns = ", ".join(f"{column.name} {_kind(column)}" for column in _columns(self.table))
        self.database.execute(f"create or replace table part ({columns})")
        count = 0
        for chunk in _in_chunks(rows):
            arrays = {str(at): numpy.array(values, dtype=object) for at, values in enumerate(zip(*chunk, strict=True))}
            self.database.register("chunk", arrays)
            self.database.execute("insert into part select * from chunk")
            count += len(chunk)
        return count

    def _holds_part(self, path: Path) -> bool:
        try:
            there = self.database.execute(f"describe select * from {parquet(path)}").fetchall()
            if there != self.database.execute("describe part").fetchall():
                return False
            query = "select count(*) from ((from {0} except all from {1}) union all (from {1} except all from {0}))"
            return self.database.execute(query.format("part", parquet(path))).fetchall() == [(0,)]
        except duckdb.Error:
            return False

    def _count(self, relation: str) -> int:
        return int(self.database.execute(f"select count(*) from {relation}").fetchall()[0][0])

    def _copy(self, query: str, path: Path) -> None:
        with whole_file(path) as unfinished:
            self.database.execute(copy_to(query, unfinished))


def _newest(table: Table, rows: str, changed: str) -> str:
    """SELECT of all rows, but where one has changed, of the changed one."""
    key = " and ".join(f"changed.{column.name} is not distinct from rows.{column.name}" for column in table.primary_key)
    unchanged = f"select * from {rows} as rows where not exists (select 1 from {changed} as changed where {key})"
    return f"{unchanged} union all by name select * from {changed}"


def _known(connection: Connection, table: Table) -> dict[str, int]:
    query = select(exports.c.month, exports.c.change).where(exports.c.table_name == table.name)
    return {month: change for month, change in connection.execute(query)}


def _rows(connection: Connection, table: Table, which: ColumnElement[bool]) -> Iterator[tuple[Any, ...]]:
    chosen = select(*map(_as_text, _columns(table))).where(which)
    for part in connection.execute(chosen, execution_options={"yield_per": ROWS_AT_A_TIME}).partitions():
        yield from (tuple(None if value is None else str(value) for value in row) for row in part)


def _in_chunks(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    chunk: list[tuple[Any, ...]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS_AT_A_TIME:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column.name not in NOT_EXPORTED]


def _kind(column: Column[Any]) -> str:
    return {DateTime: "timestamp", Boolean: "boolean", Integer: "bigint"}.get(type(column.type), "varchar")


def _as_text(column: Column[Any]) -> ColumnElement[Any]:
    """Select values as the database stores them: the engine parses a column of times much faster than Python does."""
    if column is journey_log.c.step:
        return func.nullif(column, "")  # '' stands for "no step" in a key, where nothing may be null
    return type_coerce(column, String)
