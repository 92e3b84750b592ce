"""The rows that go into the ledger and come out of it, as plain values."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Queued:
    """An outbox row with only the columns that the ledger needs. The payload stays in the outbox Parquet."""

    message_id: str
    journey: str
    step: str
    customer_id: str
    entry_key: str
    channel: str
    address: str
    purpose: str
    template_version: str
    consented_at: datetime | None = None  # of the consent it stands on; a later suppression wins over it
    offer: str | None = None
    offer_expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the journey log. `kind`: entered | branched | step_dropped | exited. Times naive UTC."""

    journey: str
    customer_id: str
    entry_key: str
    kind: str
    definition_hash: str
    entered_at: datetime
    step: str | None = None
    reason: str | None = None
    arm: str | None = None
    is_backlog: bool = False


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address to leave alone on a channel (`all`: on every one). `since`, naive UTC; unknown is 1970."""

    address: str
    channel: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class CommitReport:
    """What one commit wrote. `refused` counts ids the ledger would not queue again, by their state."""

    queued: int
    logged: int
    suppressed: int
    codes: int
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row of a batch. Its `send_id` is new, and counts once it is intended."""

    message_id: str
    send_id: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one run, channel, journey and step, ours until the lease ends.

    `number` is also the fencing token: each claim gets a new one, a row carries one at a time,
    so whoever comes back late with an old number finds no row under it.
    """

    number: int
    run_id: str
    channel: str
    journey: str
    step: str
    decided_at: datetime
    queued_at: datetime
    rows: tuple[Claimed, ...]

    def clock(self, wall: datetime) -> datetime:
        """The time that applies to these rows when the wall clock shows `wall`."""
        return clock_of(self.decided_at, self.queued_at, wall)


def clock_of(decided_at: datetime, queued_at: datetime, wall: datetime) -> datetime:
    """The time that applies to a row: its as_of, plus how long it has waited since it was queued.

    A day replayed a year later expires and falls quiet as it would have then.
    """
    return decided_at + max(wall - queued_at, timedelta(0))


@dataclass(frozen=True, slots=True)
class Doubt:
    """A send that was begun and whose end nobody recorded."""

    message_id: str
    send_id: str
    run_id: str
    journey: str
    step: str
    customer_id: str
    channel: str
    code: str | None
    intended_at: datetime
    reason: str | None
