"""The warehouse file, open for whoever builds: one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from stammis.core.errors import WarehouseError
from stammis.core.settings import Settings


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in UTC, with the memory that settings allow. Raises WarehouseError where somebody else has it."""
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(settings.warehouse))
    except duckdb.IOException as error:
        raise WarehouseError(
            f"{settings.warehouse} is open elsewhere or unreadable: {error}. Close the other program; "
            "people read published/current/*.parquet instead."
        ) from None
    try:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        connection.execute(f"set memory_limit = '{settings.memory_limit}'")
        yield connection
    finally:
        connection.close()
