"""What a place can do that files are fetched from, whatever it is: a folder, a server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

DONE = ".done"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file in an inbox. `place`: source/name; `modified_ns`: by the clock of whoever holds it."""

    place: str
    size: int
    modified_ns: int

    @property
    def source(self) -> str:
        return self.place.partition("/")[0]

    @property
    def name(self) -> str:
        return self.place.rpartition("/")[2]


class Inbox(Protocol):
    """What a place that files are fetched from can do."""

    def waiting(self) -> Sequence[Waiting]: ...
    def stat(self, file: Waiting) -> Waiting: ...
    def read(self, file: Waiting) -> Iterator[bytes]: ...
    def archive(self, file: Waiting, day: date) -> None: ...
    def forget_before(self, day: date) -> None: ...
