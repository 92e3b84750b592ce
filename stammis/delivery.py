"""Sends what the ledger has queued: each message once, whatever happens meanwhile.

A batch (one run, journey, step and channel) goes through five steps:

    claim    these rows are ours for a while; if we die now, somebody else takes them
    render   read the payload, write the message; what cannot be written is set aside here, unsent
    intend   on disk: "about to be sent", for all that still may be
    send     hand over
    settle   on disk: what the channel said

We can be killed between any two. Before `intend` nothing was sent, so the rows are simply queued again.
After it a message may have been sent although nobody recorded it, and no look at our own disk can tell.
So such a row is *in doubt* and never sent again by itself: the channel is asked, or a person.
That is why `intend` comes before `send` and is one transaction on disk; those lines are `_send_once`.
"""

import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stammis.ledger import Ledger, open_ledger
from stammis.ledger_rows import Batch, Claimed, Doubt
from stammis.messages import Due, Message, Outcome, TemplateError
from stammis.settings import Settings

LEASE_SECONDS = 60


class Channel(Protocol):
    """A way out. One call of `send` is one request: the unit of doubt."""

    name: str
    batch_limit: int

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand over. Known failures are outcomes; a message without an outcome stays in doubt."""
        ...

    def look_up(self, doubt: Doubt) -> Outcome | None:
        """What became of a send: accepted, or not_sent for certain and for ever; None: it cannot tell."""
        ...


ReadDue = Callable[[str, Sequence[str]], Sequence[Due]]  # run_id, message_ids
Render = Callable[[Due, str, str | None], Message]  # due, send_id, code
Progress = Callable[[str, int, int], None]  # what, done, of how many


@dataclass
class DeliveryReport:
    """What one delivery did, as the ledger has it afterwards."""

    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)  # journey, step, channel, state
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)  # state, reason
    in_doubt: int = 0  # all there are, also from before
    cleared: int = 0  # doubts this delivery could settle
    left: int = 0  # still queued: stopped by a switch, or this was told to stop

    @property
    def accepted(self) -> int:
        return self.total("accepted")

    def total(self, state: str) -> int:
        return sum(count for (*_, its_state), count in self.counts.items() if its_state == state)

    def __str__(self) -> str:
        states = sorted({state for *_, state in self.counts} - {"queued", "in_doubt"})
        said = [f"{self.total(state)} {state.replace('_', ' ')}" for state in states]
        said += [f"{self.cleared} doubts cleared"] if self.cleared else []
        said += [f"{self.in_doubt} in doubt"] if self.in_doubt else []
        said += [f"{self.left} left in the queue"] if self.left else []
        return ", ".join(said) or "nothing was waiting"


def deliver_queued(
    settings: Settings, lease_seconds: float = LEASE_SECONDS, on_progress: Progress | None = None
) -> DeliveryReport:
    """Deliver what a data folder's ledger has queued, to files, and rebuild the page that shows them."""
    from stammis import published
    from stammis.channels.file import file_channels
    from stammis.channels.page import write_page
    from stammis.rendering import Renderer

    renderer = Renderer(settings.templates)

    def read_due(run_id: str, message_ids: Sequence[str]) -> list[Due]:
        return published.read_due(settings, run_id, message_ids)

    with open_ledger(settings) as ledger:
        channels = file_channels(settings.messages)
        report = deliver(ledger, channels, read_due, renderer.render, lease_seconds, on_progress)
    write_page(settings.messages)
    return report


def deliver(
    ledger: Ledger,
    channels: Mapping[str, Channel],
    read_due: ReadDue,
    render: Render,
    lease_seconds: float = LEASE_SECONDS,
    on_progress: Progress | None = None,
) -> DeliveryReport:
    """Send every queued row that has a channel here; returns when none is left.

    A row that cannot be rendered, is too old or falls into its person's quiet hours stops only itself.
    What a switch has stopped stays queued. SIGTERM lets the current batch finish. An error of the channel
    or the disk is raised: what was intended is in doubt once its lease ends, and the next delivery asks.
    """
    report = DeliveryReport()
    report.cleared = _clear_doubts(ledger, channels)
    done, waiting = 0, ledger.counts().get("queued", 0)
    with _drained_on_sigterm() as is_stopping:
        for channel in channels.values():
            while not is_stopping() and (batch := ledger.claim(channel.name, lease_seconds, channel.batch_limit)):
                messages = _prepare(ledger, batch, read_due, render)
                _send_once(ledger, channel, batch, messages, lease_seconds)
                _count(report, ledger, batch)
                done += len(batch.rows)
                if on_progress:
                    on_progress("deliver", done, max(done, waiting))
    report.in_doubt, report.left = len(ledger.doubts()), ledger.counts().get("queued", 0)
    return report


# ---------------------------------------------------------------------------- the promise


def _send_once(
    ledger: Ledger, channel: Channel, batch: Batch, messages: Sequence[Message], lease_seconds: float
) -> None:
    """Nothing is sent that was not first written down as meant, and what was meant is never meant again.

    `intend` gives back only what may be sent: none of it if the batch is no longer ours, and not those
    whose person has left, been stopped or had enough since the decision.
    """
    send_ids = ledger.intend(batch, [message.message_id for message in messages], lease_seconds)
    # ---- killed here: in doubt, though nothing was sent. The channel will say so.
    allowed = [message for message in messages if message.message_id in send_ids]
    outcomes = channel.send(allowed) if allowed else []
    # ---- killed here: in doubt, though all was sent. The channel will say so, too.
    ledger.settle(batch, outcomes)


# ---------------------------------------------------------------------------- before and after


def _clear_doubts(ledger: Ledger, channels: Mapping[str, Channel]) -> int:
    """Ask the channels about sends whose end nobody recorded; what they cannot tell stays in doubt."""
    ledger.recover()
    doubts = [doubt for doubt in ledger.doubts() if doubt.channel in channels]
    answers = [channels[doubt.channel].look_up(doubt) for doubt in doubts]
    found = [answer for answer in answers if answer]
    return ledger.settle_doubts(found) if found else 0


def _prepare(ledger: Ledger, batch: Batch, read_due: ReadDue, render: Render) -> list[Message]:
    """The batch as messages. Rows that will not become one are settled here: nothing of them is intended."""
    due_rows = {due.message_id: due for due in read_due(batch.run_id, [row.message_id for row in batch.rows])}
    clock = batch.clock(ledger.wall())
    results = [_message_or_reason(row, due_rows.get(row.message_id), clock, render) for row in batch.rows]
    ledger.settle(batch, [each for each in results if isinstance(each, Outcome)])
    return [each for each in results if isinstance(each, Message)]


def _message_or_reason(row: Claimed, due: Due | None, clock: datetime, render: Render) -> Message | Outcome:
    if due is None:
        return Outcome(row.message_id, "withdrawn", "payload_missing")
    if clock >= due.expires_at:
        return Outcome(row.message_id, "expired", "too_old")
    try:
        if _is_quiet(due, clock):
            return Outcome(row.message_id, "withdrawn", "quiet_hours")  # the next run decides when
        return render(due, row.send_id, row.code)
    except ZoneInfoNotFoundError:
        return Outcome(row.message_id, "withdrawn", "unknown_time_zone")
    except TemplateError as error:
        return Outcome(row.message_id, "failed", f"template: {error}")


def _is_quiet(due: Due, clock: datetime) -> bool:
    """Whether local time is outside the hours in which this person may be reached."""
    if due.contact_hours is None:
        return False
    opens, closes = due.contact_hours
    local = clock.replace(tzinfo=UTC).astimezone(ZoneInfo(due.time_zone))
    return not opens <= local.hour < closes


def _count(report: DeliveryReport, ledger: Ledger, batch: Batch) -> None:
    """What the ledger says, not what we believe: a row may have been taken from us meanwhile."""
    for state, reason in ledger.states_of([row.message_id for row in batch.rows]).values():
        report.counts[batch.journey, batch.step, batch.channel, state] += 1
        if reason:
            report.reasons[state, reason] += 1


@contextmanager
def _drained_on_sigterm() -> Iterator[Callable[[], bool]]:
    """Yields a question: were we asked to stop? Only a main thread can be asked."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
