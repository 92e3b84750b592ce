"""Which landed files have been taken in: one line each, durable before it counts.

`intake/manifest.jsonl` is only ever appended to; a later line for the same file and contents replaces an
earlier one. A line cut short by a crash never counted, and its file is simply read again.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from stammis.landing_contracts import Contract


@dataclass(frozen=True)
class Entry:
    """One landed file as it was taken in. `place` is its path within the landing, `received_at` naive UTC.

    `contract` is the fingerprint it was read by. `is_copy`: the same contents came under another name before,
    so all its rows are duplicates and it has no Parquet of its own.
    """

    source: str
    entity: str
    place: str
    file_hash: str
    contract: str
    size: int
    modified_ns: int
    received_at: datetime
    rows_in: int = 0
    rows_loaded: int = 0
    rows_duplicate: int = 0
    rows_quarantined: int = 0
    rows_future_dated: int = 0
    is_copy: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.source, self.entity, self.place, self.file_hash


class Manifest:
    """Entries in the order they were written; `add` returns when the entry would survive a power cut."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[tuple[str, str, str, str], Entry] = {}
        whole = path.read_text(encoding="utf-8") if path.exists() else ""
        sound = whole[: whole.rfind("\n") + 1]
        for line in sound.splitlines():
            entry = json.loads(line)
            self._keep(Entry(**entry | {"received_at": datetime.fromisoformat(entry["received_at"])}))
        self._torn = sound.encode() if sound != whole else None

    def add(self, entry: Entry) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._torn is not None:
            with self.path.open("r+b") as file:
                file.truncate(len(self._torn))
            self._torn = None
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(entry), default=datetime.isoformat) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._keep(entry)

    def _keep(self, entry: Entry) -> None:
        self.entries.pop(entry.key, None)
        self.entries[entry.key] = entry

    def of(self, contract: Contract) -> list[Entry]:
        """Entries of one table, oldest first."""
        table = contract.source, contract.entity
        return [entry for entry in self.entries.values() if (entry.source, entry.entity) == table]


def totals(entries: Iterable[Entry]) -> tuple[int, int, int, int, int]:
    """(in, loaded, duplicate, quarantined, future-dated) over `entries`."""
    rows_in = loaded = duplicate = quarantined = future = 0
    for entry in entries:
        rows_in += entry.rows_in
        loaded += entry.rows_loaded
        duplicate += entry.rows_duplicate
        quarantined += entry.rows_quarantined
        future += entry.rows_future_dated
    return rows_in, loaded, duplicate, quarantined, future


def move_durably(unfinished: Path, target: Path) -> None:
    """Put a finished file in its place: it is there whole or not at all, even after a power cut."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(unfinished, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
