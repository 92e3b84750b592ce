"""The warehouse file, open for whoever builds: one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from stammis.core.damage import WAREHOUSE, DamagedFile, named_damage
from stammis.core.errors import WarehouseError
from stammis.core.settings import Settings

LOCKED = "Could not set lock"


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in UTC, with the memory that settings allow.

    Raises WarehouseError where somebody else has it, DamagedFile for what cannot be read in it or by it.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    connection = connect(settings)
    try:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        connection.execute(f"set memory_limit = '{settings.memory_limit}'")
        with named_damage(settings.data, duckdb.Error):
            yield connection
    finally:
        connection.close()


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A plain connection. Raises WarehouseError where the file is locked or closed to us, DamagedFile for any other."""
    try:
        return duckdb.connect(str(settings.warehouse))
    except duckdb.Error as error:
        if LOCKED in str(error):
            raise WarehouseError(
                f"{settings.warehouse} is open elsewhere: {error}. Close the other program; "
                "people read published/current/*.parquet instead."
            ) from None
        try:
            settings.warehouse.open("r+b").close()
        except OSError as refused:
            raise WarehouseError(
                f"{settings.warehouse} cannot be opened ({refused.strerror}): give it back to the user who runs this."
            ) from None
        raise DamagedFile(settings.data, WAREHOUSE) from error
