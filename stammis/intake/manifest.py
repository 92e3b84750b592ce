"""The list of landed files that were taken in: one line each, which counts once it is durable.

`intake/manifest.jsonl` is only ever appended to; a later line for the same file and contents replaces an
earlier one. A line cut short by a crash never counted, and its file is simply read again.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from stammis.core.damage import DamagedFile
from stammis.core.files import write_whole
from stammis.intake.contracts import Contract
from stammis.intake.files import Note, date_in

Key = tuple[str, str, str, str]  # (source, entity, place, hash)
MOMENTS = ("received_at", "landed_at")


@dataclass(frozen=True)
class Entry:
    """One landed file as it was taken in. `place` is its path within the landing; moments are naive UTC.

    `file_hash` is of its contents; the same contents that land again, under another name or after other contents of
    this name, are a version of their own: theirs has -2, -3 behind. `contract` is the fingerprint it was read by.
    `received_at`: when its rows could be known; `landed_at`: the as_of of the run that found it.
    `derived_by`: a hash of what its derived columns were made by.
    """

    source: str
    entity: str
    place: str
    file_hash: str
    contract: str
    size: int
    modified_ns: int
    received_at: datetime
    landed_at: datetime
    rows_in: int = 0
    rows_loaded: int = 0
    rows_duplicate: int = 0
    rows_quarantined: int = 0
    rows_future_dated: int = 0
    derived_by: str = ""

    @property
    def key(self) -> Key:
        return self.source, self.entity, self.place, self.file_hash

    @property
    def exported_at(self) -> datetime:
        """The date in its name, else its landing."""
        return date_in(self.place) or self.landed_at

    @property
    def contents(self) -> str:
        """The hash of its contents alone."""
        return self.file_hash.partition("-")[0]


@dataclass(frozen=True)
class LandingCount:
    """Rows of one table over some files; rows_in = loaded + duplicate + quarantined.

    `rows_future_dated`: good rows in which something happens after the as_of of the run that loaded them.
    """

    source: str
    entity: str
    rows_in: int
    rows_loaded: int
    rows_duplicate: int
    rows_quarantined: int
    rows_future_dated: int


@dataclass(frozen=True)
class QuarantinedRow:
    """A quarantined row. `row` is its beginning as landed: personal data, shown but never logged."""

    source: str
    entity: str
    file: str
    line: int
    reason: str
    row: str


@dataclass(frozen=True)
class IntakeReport:
    """One intake: an entry per new file, a note per file that was not read, remarks on those that were."""

    files: list[Entry]
    not_read: list[Note]
    remarks: list[Note]

    def __str__(self) -> str:
        if not self.files:
            return "\n".join(["no new files", *map(str, self.not_read)])
        counts = count_rows(self.files)
        words = [
            f"{sum(count.rows_loaded for count in counts):,} loaded",
            f"{sum(count.rows_duplicate for count in counts):,} duplicate",
            f"{sum(count.rows_quarantined for count in counts):,} quarantined",
        ]
        if future := sum(count.rows_future_dated for count in counts):
            words.append(f"{future:,} dated in the future")
        files = f"{len(self.files)} new file{'' if len(self.files) == 1 else 's'}"
        summary = f"{sum(count.rows_in for count in counts):,} rows from {files}: {', '.join(words)}"
        return "\n".join([summary, *map(str, self.remarks), *map(str, self.not_read)])


class Manifest:
    """Entries in the order they were written; `add` returns when the entry would survive a power cut."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._load()

    def _load(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self._near: dict[tuple[str, str, str], dict[Key, Entry]] = {}
        try:
            whole = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
            sound = whole[: whole.rfind("\n") + 1]
            for line in sound.splitlines():
                if entry := _entry_of(json.loads(line)):
                    self._keep(entry)
        except (ValueError, TypeError, KeyError) as error:
            raise DamagedFile(self.path.parent.parent, f"{self.path.parent.name}/{self.path.name}") from error
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

    def replace(self, before: Key, now: Entry | None) -> None:
        """Replace the entry of this key by another; None removes it. The order of the others stays."""
        changed = [now if entry.key == before else entry for entry in self.entries.values()]
        lines = (json.dumps(asdict(entry), default=datetime.isoformat) + "\n" for entry in changed if entry)
        write_whole(self.path, "".join(lines))
        self._load()

    def before(self, key: Key) -> "Manifest":
        """A read-only manifest of what was taken in before this entry."""
        earlier = Manifest(self.path.with_name("none.jsonl"))
        for entry in takewhile(lambda entry: entry.key != key, self.entries.values()):
            earlier._keep(entry)
        return earlier

    def _keep(self, entry: Entry) -> None:
        self.entries.pop(entry.key, None)
        self.entries[entry.key] = entry
        for what in (entry.place, entry.contents):
            self._near.setdefault((entry.source, entry.entity, what), {})[entry.key] = entry

    def near(self, contract: Contract, place_or_hash: str) -> list[Entry]:
        """Entries of one table with this place or these contents, oldest first."""
        return list(self._near.get((contract.source, contract.entity, place_or_hash), {}).values())

    def last_of(self, contract: Contract, place: str) -> Entry | None:
        """What was last taken in of this place."""
        return next(reversed(self.near(contract, place)), None)

    def version_of(self, contract: Contract, contents: str) -> str:
        """The file_hash of contents that land now."""
        taken = [int(known.file_hash.partition("-")[2] or 1) for known in self.near(contract, contents)]
        return f"{contents}-{max(taken) + 1}" if taken else contents

    def of(self, contract: Contract) -> list[Entry]:
        """Entries of one table, oldest first."""
        table = contract.source, contract.entity
        return [entry for entry in self.entries.values() if (entry.source, entry.entity) == table]


def _entry_of(line: dict[str, Any]) -> Entry | None:
    """None for what an earlier version did not read, as the same contents had another name before: it is read now."""
    if line.pop("is_copy", False):
        return None
    line = {"landed_at": line["received_at"]} | line  # what was taken in before landings were written down
    return Entry(**line | {name: datetime.fromisoformat(line[name]) for name in MOMENTS})


def count_rows(entries: Iterable[Entry]) -> list[LandingCount]:
    """Counts per table, ordered by source and entity, for each table that has an entry."""
    counts: dict[tuple[str, str], list[int]] = {}
    for entry in entries:
        found = counts.setdefault((entry.source, entry.entity), [0] * 5)
        found[0] += entry.rows_in
        found[1] += entry.rows_loaded
        found[2] += entry.rows_duplicate
        found[3] += entry.rows_quarantined
        found[4] += entry.rows_future_dated
    return [LandingCount(*table, *found) for table, found in sorted(counts.items())]
