"""Damaged files of the data folder: which one it is, and what to do about it, by its place there.

An engine names a damaged file in words of its own, or not at all ("Out of buffer"). Whoever reads files of the data
folder does so within `named_damage`; what goes wrong there is looked for in the files themselves.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from stammis.core.errors import StammisError

RUN_AGAIN = "Remove it and run again: it is built anew."
READ_AGAIN = (
    "Remove it and run again: its export is read again from the landing folder (put it back there if it is gone)."
)
FROM_BACKUP = "It cannot be built again: put it back from a backup (docs/operators.md, Backup and restore)."
WAREHOUSE = "warehouse.duckdb"
# What can be done, by a pattern within the data folder; docs/operators.md says in words what is built from what.
REMEDIES = {
    "ledger.sqlite*": FROM_BACKUP,
    "registry/*": FROM_BACKUP,
    "segments/*": FROM_BACKUP,
    f"{WAREHOUSE}*": f"Remove it (and {WAREHOUSE}.wal, if there is one) and run again: it is built anew from the rest.",
    "intake/manifest.jsonl": "Remove the folder intake and run again: all exports in the landing folder are read anew.",
    "intake/*": READ_AGAIN,
    "quarantine/*": READ_AGAIN,
    "valuations/*": "Remove it: it then counts as a fit that was never made.",
    "erasures/*": "Remove it and ask again: stammis erase.",
    "published/*": RUN_AGAIN,
    "ledger_export/*": RUN_AGAIN,
    "dbt/*": RUN_AGAIN,
    "dbt_try/*": "Copy it anew: stammis dbt --fresh.",
    "alerts_raised.json": "Remove it: what lasts is then alerted once more.",
}
SEARCHED = sorted({pattern.split("/")[0] for pattern in REMEDIES if pattern.endswith("/*")})  # folders with Parquet
ARROW = (ValueError, OSError)  # what pyarrow raises at a file that it cannot read
CORRUPT = "Corrupt database file"
DAMAGED, MISSING = "is damaged", "is missing"
# What the engine says of a query is not about a file; what it says without a kind, or of its input, may be.
ABOUT_THE_QUERY = re.compile(
    r"\b(Compilation|Parsing|Binder|Catalog|Parser|Conversion|Constraint|Out of Range|Out of Memory) Error\b|contract"
)
NOT_FOUND = re.compile(r'No files found that match the pattern "(.+?)"')


class DamagedFile(StammisError):
    """A file of the data folder that cannot be read. `place`: its path there; `what` is wrong with it.

    An export that cannot be read is no such file, as intake notes or quarantines it.
    """

    def __init__(self, data: Path, place: str, what: str = DAMAGED) -> None:
        remedy = next((words for pattern, words in REMEDIES.items() if fnmatchcase(place, pattern)), FROM_BACKUP)
        if what == MISSING:
            remedy = remedy.replace("Remove it and run", "Run")
        super().__init__(f"{data / place} {what}. {remedy}")
        self.place, self.what = place, what


def path_within(data: Path, path: Path) -> str:
    """The path of a file within the data folder, or to where it lies beside it."""
    return os.path.relpath(path, data)


@contextmanager
def named_damage(data: Path, *kinds: type[Exception]) -> Iterator[None]:
    """Raise DamagedFile where an error of these kinds comes from a damaged or missing file; any other stays itself."""
    try:
        yield
    except kinds as error:
        if found := _find(data, str(error)):
            raise DamagedFile(data, *found) from error
        raise


def damage_behind(data: Path, messages: Sequence[str]) -> dict[str, str]:
    """Message → what to say instead, for each error of a build that a damaged file may be behind, if there is one."""
    about_files = [message for message in messages if not ABOUT_THE_QUERY.search(message)]
    found = _find(data, max(about_files, key=lambda message: CORRUPT in message)) if about_files else None
    return dict.fromkeys(about_files, str(DamagedFile(data, *found))) if found else {}


def read_json(data: Path, place: str) -> Any:
    """The value in a JSON file of the data folder. Raises DamagedFile."""
    try:
        return json.loads((data / place).read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedFile(data, place) from error


def _find(data: Path, text: str) -> tuple[str, str] | None:
    """(place, what is wrong with it) of the file that an engine's error is about; those it names are read first."""
    if CORRUPT in text:
        return WAREHOUSE, DAMAGED
    missing = NOT_FOUND.search(text)
    if missing and (path := Path(re.sub(r"\[([*?\[])\]", r"\1", missing[1]))).is_relative_to(data):
        return str(path.relative_to(data)), MISSING
    found = (path.relative_to(data) for folder in SEARCHED for path in sorted((data / folder).rglob("*.parquet")))
    places = [place for place in found if not any(part.startswith(".") for part in place.parts)]  # at work: hidden
    places.sort(key=lambda place: place.name not in text)
    return next(((str(place), DAMAGED) for place in places if not _is_readable(data / place)), None)


def _is_readable(path: Path) -> bool:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
    except FileNotFoundError:  # removed since it was listed
        return True
    except (pyarrow.ArrowException, OSError):
        return False
    return True
