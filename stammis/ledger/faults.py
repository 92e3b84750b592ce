"""What keeps the ledger's file from being used, in words: damage must be told from a lock and from a full disk."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from stammis.core.damage import FROM_BACKUP
from stammis.core.errors import LedgerError

DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise LedgerError, which says what to do, where the database at `path` cannot be used."""
    try:
        yield
    except (DatabaseError, sqlite3.Error) as error:
        why = getattr(error, "orig", error)
        if (getattr(why, "sqlite_errorcode", 0) or 0) & 0xFF in DAMAGE:  # above its lowest byte stands which kind
            raise damaged(path, str(why)) from error
        raise LedgerError(
            f"The ledger {path} could not be used ({why}); nothing of this step was recorded."
            " Look for another process that holds it, or a full disk."
        ) from error


def damaged(path: Path, why: str) -> LedgerError:
    """The error for a ledger whose file is not what was written."""
    return LedgerError(f"The ledger {path} is damaged ({why}). {FROM_BACKUP}")
