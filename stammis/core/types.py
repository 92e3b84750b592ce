"""The vocabulary: what is due, what is said, how it went, and what holds it.

Imports nothing of ours, so that every package can speak it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ContactHours:
    """The local hours in which somebody may be reached. `includes` says the same as the macro `is_contact_hour`."""

    opens: int
    closes: int
    sunday_opens: int

    def includes(self, local: datetime) -> bool:
        """Whether a local time is inside them: the opening hour is, the closing hour is not."""
        opens = self.sunday_opens if local.isoweekday() == 7 else self.opens
        return opens <= local.hour < self.closes


@dataclass(frozen=True, slots=True)
class Due:
    """One row of the outbox: a message somebody should get now.

    `context` holds plain values only (customer, order, offer), as SQL wrote them.
    `expires_at` is naive UTC; later than that the message is not worth sending.
    `contact_hours` are those of this kind of message on this channel; None: any time will do.
    """

    message_id: str
    journey: str
    step: str
    template_version: str
    customer_id: str
    channel: str
    address: str
    locale: str
    time_zone: str
    expires_at: datetime
    context: dict[str, Any]
    offer: str | None = None
    variant: str | None = None
    contact_hours: ContactHours | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message, ready to hand over. `send_id` is new for each intent."""

    message_id: str
    send_id: str
    journey: str
    step: str
    customer_id: str
    channel: str
    address: str
    locale: str
    text: str
    subject: str | None = None
    html: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended.

    `state`: accepted | failed | suppressed | expired | in_doubt | not_sent.
    `reason` is a word of ours or the provider's own code; never an address.
    """

    message_id: str
    state: str
    reason: str | None = None
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """What became of one dbt node in this run. `status` is dbt's own word; `count` its failing rows.

    `is_left`: nothing it is made of has changed, so that it stands as it was. `cpu_seconds`: of the processor, to make
    it; 0 where dbt has made it.
    """

    unique_id: str
    name: str
    status: str
    count: int
    message: str
    is_left: bool = False
    cpu_seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Hold:
    """A journey that may not speak in this run, and the check that says so.

    `is_releasable`: whether a person may let it speak all the same; not so where there is nothing to send from.
    """

    journey: str
    reason: str
    check_name: str
    failure_count: int
    is_releasable: bool = True
