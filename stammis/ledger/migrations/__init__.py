"""Opens the ledger's database and migrates its tables, without output.

A new migration is a file in versions/ plus HEAD in ledger/tables.py; a test compares the result
of all migrations with the tables as declared.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text

from stammis.ledger.faults import damaged, explained
from stammis.ledger.tables import HEAD

BUSY_SECONDS = 60


def open_database(path: Path) -> Engine:
    """Open the ledger at `path`, create it when absent, and migrate its tables to HEAD."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Parameters are people's addresses: they must not reach an error message.
    engine = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True)
    _configure_sqlite(engine)
    with engine.connect().execution_options(reading=True) as connection, connection.begin():
        is_current = _version(connection) == HEAD
    if not is_current:
        # Two processes may find it old at the same moment: the second waits here and finds nothing to do.
        with engine.begin() as connection:
            upgrade(connection)
    return engine


def copy_database(path: Path, target: Path) -> None:
    """Copy the ledger as of one moment, while others may write it. No row of the original changes.

    Raises LedgerError where that cannot be done.
    """
    with explained(path), _opened(path) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)


def check_database(path: Path) -> None:
    """Read the whole ledger as SQLite checks a file. Raises LedgerError where it is damaged anywhere.

    A query reads only the pages it needs, and would leave out what a damaged page held without a word.
    """
    with explained(path), _opened(path) as database:
        (found,) = database.execute("pragma quick_check(1)").fetchone()
    if found != "ok":
        raise damaged(path, " ".join(found.split()))


def _opened(path: Path) -> closing[sqlite3.Connection]:
    """Open for writing, to read: a read-only connection leaves SQLite's side files behind."""
    return closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS))


def shred_database(path: Path) -> None:
    """Write the ledger's file anew without its free pages, and empty the log beside it, where older pages lie.

    Raises sqlite3.OperationalError while somebody else is reading or writing for longer than a minute.
    """
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
        database.execute("vacuum")
        is_busy, *_ = database.execute("pragma wal_checkpoint(truncate)").fetchone()
    if is_busy:
        raise sqlite3.OperationalError("somebody else is reading it")


def upgrade(connection: Connection) -> None:
    """Run what migrations are missing, inside the caller's transaction: all of them or none."""
    from alembic import command  # a third of a second, needed once in a ledger's life
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("select version_num from alembic_version")).scalar()


def _configure_sqlite(engine: Engine) -> None:
    """Configure SQLite; PostgreSQL needs none of this."""

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # Python's driver would begin too late; `begin` below does it
        connection.execute(f"pragma busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("pragma journal_mode = wal")  # `why` reads while a run writes
        connection.execute("pragma secure_delete = on")  # what is deleted is gone from the file, too
        connection.execute("pragma synchronous = full")  # an intent that a power cut loses is no intent

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads, then writes, fails at once when another wrote in between.
        # One that says so at the start waits its turn instead.
        is_reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("begin" if is_reading else "begin immediate")
