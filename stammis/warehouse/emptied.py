"""Empties the warehouse but for its clock, so that an erased person is in no table and in no freed block.

DuckDB keeps freed blocks in the file, so it is made anew. The next run builds everything again from intake.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from stammis.core.damage import DamagedFile, named_damage, path_within
from stammis.core.files import move_durably, unfinished_of
from stammis.core.settings import Settings
from stammis.warehouse.connection import connect
from stammis.warehouse.data_folder import scratch_folder
from stammis.warehouse.tables import CLOCK


def empty_warehouse(settings: Settings) -> int:
    """Empty the warehouse; returns how many tables there were. It keeps the last as_of. Needs the build lock."""
    if not settings.warehouse.exists():
        return 0
    fresh = unfinished_of(settings.warehouse)
    fresh.unlink(missing_ok=True)
    with named_damage(settings.data, duckdb.Error), connect(settings) as warehouse:
        rows = warehouse.execute("select table_schema, table_name from information_schema.tables").fetchall()
        clock = warehouse.execute("select * from run.clock").fetchall() if ("run", "clock") in rows else []
    with duckdb.connect(str(fresh)) as warehouse:
        columns = ", ".join(map(" ".join, CLOCK.items()))
        warehouse.execute(f"create schema run; create table run.clock ({columns})")
        for row in clock:
            warehouse.execute(f"insert into run.clock values ({', '.join('?' * len(CLOCK))})", list(row))
    move_durably(fresh, settings.warehouse)
    for beside in (Path(f"{settings.warehouse}.wal"), Path(f"{fresh}.wal")):
        beside.unlink(missing_ok=True)
    return len(rows) - (1 if clock else 0)


def texts_of_warehouse(settings: Settings, path: Path) -> Iterator[bytes]:
    """Yield every table of a DuckDB file as text. Reads a copy, because the file can have only one user.

    Raises DamagedFile.
    """
    with scratch_folder(settings, "look-") as folder:
        copy = folder / path.name
        shutil.copyfile(path, copy)
        if (wal := Path(f"{path}.wal")).exists():
            shutil.copyfile(wal, f"{copy}.wal")
        try:
            with duckdb.connect(str(copy)) as warehouse:
                yield from _texts_of_tables(warehouse)
        except duckdb.Error as error:
            raise DamagedFile(settings.data, path_within(settings.data, path)) from error


def _texts_of_tables(warehouse: duckdb.DuckDBPyConnection) -> Iterator[bytes]:
    names = warehouse.execute(
        "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
    ).fetchall()
    for schema, table in names:
        texts = warehouse.execute(f'select cast(rows as varchar) from "{schema}"."{table}" as rows')
        yield "\n".join(str(text) for (text,) in texts.fetchall()).encode("utf-8", "replace")
