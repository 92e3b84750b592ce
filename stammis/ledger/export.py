"""The ledger as files: month files of Parquet for the next build.

messages/<YYYY-MM>.parquet, journey_log/<YYYY-MM>.parquet   only months that changed are rewritten
messages/empty.parquet, journey_log/empty.parquet           so that a reader always finds a schema
approvals, switches, audience_sizes: all.parquet            small, rewritten each time
"""

from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    String,
    Table,
    false,
    func,
    select,
    true,
    type_coerce,
)

from stammis.core.files import whole_file
from stammis.ledger.tables import approvals, audience_sizes, changes, exports, journey_log, messages, switches

ROWS_AT_A_TIME = 20_000
NOT_EXPORTED = {
    "month",
    "change",
    "consented_at",
    "code",
    "queued_at",
    "attempt",
    "batch",
}  # the ledger's own affair


class Written(NamedTuple):
    """A month file and the number of the change it was written up to."""

    table_name: str
    month: str
    change: int
    rows: int


def write_changes(connection: Connection, folder: Path) -> list[Written]:
    """Update the files in `folder` to the ledger as `connection`'s transaction sees it.

    A lost file is written again, and a file the ledger does not know is removed: the folder is a
    mirror. Repeating it changes nothing.
    """
    last: int = connection.execute(select(changes.c.number)).scalar_one()
    written = []
    for table in (messages, journey_log):
        place = folder / table.name
        of_this = select(exports.c.month).where(exports.c.table_name == table.name)
        known: set[str] = set(connection.scalars(of_this))
        lost = {month for month in known if not (place / f"{month}.parquet").exists()}
        touched = _touched_months(connection, table)
        for month in sorted(touched | lost):
            rows = _write(connection, table, table.c.month == month, place / f"{month}.parquet")
            written.append(Written(table.name, month, last, rows))
        _write(connection, table, false(), place / "empty.parquet")
        _remove_strangers(place, {*known, *touched, "empty"})
    for table in (approvals, switches, audience_sizes):
        _write(connection, table, true(), folder / table.name / "all.parquet")
    return written


def _touched_months(connection: Connection, table: Table) -> set[str]:
    so_far = select(func.coalesce(func.max(exports.c.change), 0)).where(exports.c.table_name == table.name)
    newer = table.c.change > so_far.scalar_subquery()
    return set(connection.scalars(select(table.c.month).where(newer).distinct()))


def _schema(table: Table) -> pa.Schema:
    kinds = {DateTime: pa.timestamp("us"), Boolean: pa.bool_(), Integer: pa.int64()}
    exported = [column for column in table.c if column.name not in NOT_EXPORTED]
    return pa.schema([(column.name, kinds.get(type(column.type), pa.string())) for column in exported])


def _write(connection: Connection, table: Table, which: ColumnElement[bool], path: Path) -> int:
    """Write a file whole: a reader sees the old one until the new one is on disk. Returns its row count."""
    schema = _schema(table)
    chosen = select(*(_as_stored(table.c[name]) for name in schema.names)).where(which)
    rows = 0
    with whole_file(path) as unfinished, pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        found = connection.execute(chosen, execution_options={"yield_per": ROWS_AT_A_TIME})
        for part in found.partitions():
            values = zip(zip(*part, strict=True), schema, strict=True)
            arrays = [pa.array(column).cast(field.type) for column, field in values]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            rows += len(part)
    return rows


def _as_stored(column: Column[Any]) -> ColumnElement[Any]:
    """Select values as the database stores them: Arrow parses a column of times much faster than Python does."""
    if column is journey_log.c.step:
        return func.nullif(column, "")  # '' stands for "no step" in a key, where nothing may be null
    return type_coerce(column, String)


def _remove_strangers(place: Path, ours: set[str]) -> None:
    """Remove unfinished files of a killed export, and months of another ledger."""
    for path in place.iterdir():
        if path.suffix != ".parquet" or path.stem not in ours:
            path.unlink()
