"""Keeps a requested erasure on disk until it is done, so that the next run finishes it after a kill.

`erasures/<customer_id>.json` in the data folder keeps the person's addresses longest, because without them nothing
could be found any more. It is removed as the last step.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from stammis.core.damage import read_json
from stammis.core.files import whole_file
from stammis.core.settings import Settings
from stammis.intake.manifest import Key
from stammis.privacy.person import Person
from stammis.privacy.rows import Rows, find_rows


@dataclass
class ErasureRequest:
    """One person's erasure. `rows`: their ingested rows; `parent_keys`: the orders and tickets among them.

    `rewriting`: files that may already be rewritten; `counts`: rows taken out so far, by place.
    """

    path: Path
    person: Person
    rows: Rows
    parent_keys: frozenset[str]
    rewriting: set[Key] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, place: str, number: int) -> None:
        self.counts[place] = self.counts.get(place, 0) + number

    def save(self) -> None:
        """Write the request durably, readable by its owner only."""
        saved = {
            "customer_ids": self.person.customer_ids,
            "own": sorted(self.person.own),
            "shared": sorted(self.person.shared),
            "names": self.person.names,
            "rows": [[*key, lines] for key, lines in self.rows.items()],
            "parent_keys": sorted(self.parent_keys),
            "rewriting": sorted(self.rewriting),
            "counts": self.counts,
        }
        with whole_file(self.path) as unfinished:
            unfinished.touch(mode=0o600)
            unfinished.write_text(json.dumps(saved), encoding="utf-8")


def folder_of(settings: Settings) -> Path:
    return settings.data / "erasures"


def new_request(settings: Settings, person: Person) -> ErasureRequest:
    """Make a request with the person's rows, and with the keys that only their accounts have."""
    found = find_rows(settings, person)
    path = folder_of(settings) / f"{person.customer_id}.json"
    return ErasureRequest(path, replace(person, own=found.own), found.rows, found.parent_keys)


def open_requests(settings: Settings) -> list[ErasureRequest]:
    """Read the erasures that are not finished, in a fixed order."""
    return [_read(path) for path in sorted(folder_of(settings).glob("*.json"))]


def _read(path: Path) -> ErasureRequest:
    saved = read_json(path.parent.parent, f"{path.parent.name}/{path.name}")
    person = Person(
        tuple(saved["customer_ids"]), frozenset(saved["own"]), frozenset(saved["shared"]), tuple(saved["names"])
    )
    rows = {(source, entity, file_hash): lines for source, entity, file_hash, lines in saved["rows"]}
    rewriting = {tuple(key) for key in saved["rewriting"]}
    return ErasureRequest(
        path, person, rows, frozenset(saved.get("parent_keys", saved.get("told", ()))), rewriting, saved["counts"]
    )
