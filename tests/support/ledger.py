"""Rows for tests of the ledger and the sending path: one shop, one moment, a clock the test moves."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from stammis.core.settings import Settings
from stammis.core.types import Due, Message, Outcome
from stammis.delivery import DeliveryReport, deliver
from stammis.ledger import Doubt, Ledger, Queued, open_ledger
from tests.support.moments import AS_OF

CODE_KEY = "5ec4e7" * 8


class Wall:
    """The wall clock of a test; starts a month after AS_OF, because a run may be a replay."""

    def __init__(self) -> None:
        self.now = datetime.fromisoformat("2026-01-08T23:30")

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def queued(message_id: str, **changes: object) -> Queued:
    row: dict[str, object] = {
        "message_id": message_id,
        "journey": "win_back",
        "step": "your_code",
        "customer_id": f"customer of {message_id}",
        "entry_key": f"order of {message_id}",
        "channel": "email",
        "address": f"{message_id}@exempel.se",
        "purpose": "marketing",
        "template_version": "v1",
    }
    return Queued(**(row | changes))  # type: ignore[arg-type]


def due_for(row: Queued, **changes: object) -> Due:
    """The payload of a queued row, as the published outbox has it."""
    shared = (
        "message_id",
        "journey",
        "step",
        "template_version",
        "customer_id",
        "channel",
        "address",
        "offer",
    )
    known: dict[str, object] = {name: getattr(row, name) for name in shared}
    known |= {"locale": "sv", "time_zone": "Europe/Stockholm", "expires_at": AS_OF + timedelta(days=3)}
    return Due(**(known | {"context": {}} | changes))  # type: ignore[arg-type]


def written(due: Due, send_id: str, code: str | None) -> Message:
    """A message as the renderer would write it, in two words."""
    return Message(
        due.message_id,
        send_id,
        due.journey,
        due.step,
        due.customer_id,
        due.channel,
        due.address,
        due.locale,
        text=f"Hej {code or 'du'}",
        subject="Hej" if due.channel == "email" else None,
    )


def in_doubt(settings: Settings, message_id: str) -> Doubt:
    """A message that was meant, and nobody knows whether it was sent."""
    with open_ledger(settings) as ledger:
        ledger.commit_run("20251210T090000Z-1", AS_OF, [queued(message_id)])
        batch = ledger.claim("email")
        assert batch
        ledger.intend(batch, [message_id])
        ledger.settle(batch, [Outcome(message_id, "in_doubt", "timeout")])
        return ledger.doubts()[0]


class RecordingChannel:
    """A channel that records what it sends, and can be made to die."""

    batch_limit = 10
    closed: str | None = None
    backoff_until: datetime | None = None

    def __init__(self, name: str = "email", can_look_up: bool = True) -> None:
        self.name, self.can_look_up = name, can_look_up
        self.sent: list[Message] = []
        self.asked_about: list[Message | None] = []
        self.answer: Callable[[Message], Outcome] = lambda message: Outcome(
            message.message_id, "accepted", provider_id="memory"
        )
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def send(self, messages: Sequence[Message], seconds: float) -> list[Outcome]:
        self.before()
        self.sent += messages
        self.after()
        return [self.answer(message) for message in messages]

    def look_up(self, doubt: Doubt, message: Message | None) -> Outcome | None:
        self.asked_about.append(message)
        if not self.can_look_up:
            return None
        is_there = doubt.send_id in {message.send_id for message in self.sent}
        return Outcome(doubt.message_id, "accepted" if is_there else "not_sent")

    @property
    def seen(self) -> list[str]:
        return sorted(message.message_id for message in self.sent)


class Sender:
    """A ledger, its payloads and two channels; `deliver` as a worker would."""

    def __init__(self, folder: Path) -> None:
        self.wall = Wall()
        self.ledger = Ledger(folder / "ledger.sqlite", code_key=CODE_KEY, wall=self.wall)
        self.email, self.sms = RecordingChannel("email"), RecordingChannel("sms")
        self.due: dict[str, Due] = {}
        self.render: Callable[[Due, str, str | None], Message] = written

    def queue(self, *rows: Queued, run_id: str = "run-1", **due: object) -> None:
        self.due |= {row.message_id: due_for(row, **due) for row in rows}
        self.ledger.commit_run(run_id, AS_OF, rows)

    def deliver(self) -> DeliveryReport:
        return deliver(self.ledger, {"email": self.email, "sms": self.sms}, self.read_due, self.render)

    def read_due(self, run_id: str, message_ids: Sequence[str]) -> list[Due]:
        return [self.due[message_id] for message_id in message_ids if message_id in self.due]

    def state(self, message_id: str) -> tuple[str, str | None]:
        return self.ledger.states_of([message_id])[message_id]
