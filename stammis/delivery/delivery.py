"""Sends what the ledger has queued: each message once, whatever happens meanwhile.

A batch (one run, journey, step and channel) goes through five steps:

    claim    these rows are ours for a while; if we die now, somebody else takes them
    render   read the payload, write the message; a row that cannot be written fails here, unsent
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
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stammis.core.errors import StammisError, TemplateError, unforeseen
from stammis.core.settings import Settings
from stammis.core.types import Due, Message, Outcome
from stammis.core.yaml_files import YamlFault
from stammis.ledger import Batch, Claimed, Doubt, Ledger, open_ledger

LEASE_SECONDS = 60
CLAIMED_AT_ONCE = 100  # rows read and written together; sent in parts of the channel's own limit
SENDING_SHARE = 0.8  # of a lease; what remains is for writing down how it went
PATIENCE_SECONDS = 120  # how long a delivery waits for a provider that asked for it; longer, and the next run goes on


class Channel(Protocol):
    """A way to send messages. `batch_limit` is how many one `send` gets: the most that a kill can leave in doubt."""

    name: str
    batch_limit: int
    closed: str | None  # why nothing can go this way now, and what would mend it; None: open
    backoff_until: datetime | None  # the wall moment before which the provider wants no request, naive UTC

    def send(self, messages: Sequence[Message], seconds: float) -> list[Outcome]:
        """Send these; no request may be open `seconds` from now, because the lease then ends and others may take over.

        A known failure is an outcome. An unknown end is in_doubt, and so is a message without an outcome.
        """
        ...

    def look_up(self, doubt: Doubt, message: Message | None) -> Outcome | None:
        """Look up a send: accepted, or not_sent for certain and for good; None if the channel cannot know.

        `message` is the message rendered again, if that was possible.
        """
        ...


ReadDue = Callable[[str, Sequence[str]], Sequence[Due]]  # run_id, message_ids
Render = Callable[[Due, str, str | None], Message]  # due, send_id, code
Progress = Callable[[str, int, int], None]  # what, done, of how many


@dataclass
class DeliveryReport:
    """Counts of one delivery, as the ledger has them afterwards."""

    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)  # journey, step, channel, state
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)  # state, reason
    in_doubt: int = 0  # all there are, also from before
    cleared: int = 0  # doubts this delivery could settle
    left: int = 0  # still queued: stopped by a switch, a closed channel, or SIGTERM
    closed: dict[str, str] = field(default_factory=dict)  # channel -> why nothing can go that way

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
    """Deliver what the ledger of a data folder has queued, through the channels of its settings.

    If messages are written as files, the page that shows them is rebuilt. Raises YamlFault, before anything is claimed,
    where the brand or the styles of the templates folder cannot be read.
    """
    from stammis.rendering.messages_page import write_page

    with open_delivery(settings) as (ledger, channels, read_due, render):
        report = deliver(ledger, channels, read_due, render, lease_seconds, on_progress)
    if settings.providers.send_by == "files":
        write_page(settings.messages)
    return report


def leave_queued(settings: Settings, fault: YamlFault) -> DeliveryReport:
    """The report of a delivery that could not begin: nothing was sent, and what is queued waits."""
    with open_ledger(settings) as ledger:
        report = DeliveryReport(in_doubt=len(ledger.doubts()), left=ledger.counts().get("queued", 0))
    report.closed = {"every channel": str(fault)} if report.left else {}
    return report


@contextmanager
def open_delivery(settings: Settings) -> Iterator[tuple[Ledger, Mapping[str, Channel], ReadDue, Render]]:
    """Yield a delivery with all that a worker needs: ledger, channels, payloads and renderer.

    Raises YamlFault where the brand or the styles cannot be read.
    """
    from stammis.channels import channels_for
    from stammis.rendering import Renderer
    from stammis.warehouse import published

    renderer = Renderer(settings.templates)
    with open_ledger(settings) as ledger:
        channels = channels_for(settings, renderer.brand)
        yield ledger, channels, partial(published.read_due, settings), renderer.render


def deliver(
    ledger: Ledger,
    channels: Mapping[str, Channel],
    read_due: ReadDue,
    render: Render,
    lease_seconds: float = LEASE_SECONDS,
    on_progress: Progress | None = None,
) -> DeliveryReport:
    """Send every queued row that has a channel here; returns when none is left.

    A row that cannot be rendered, is too old or falls into its person's quiet hours does not affect others.
    A row that is stopped, or whose channel is closed, stays queued. SIGTERM lets the current batch finish. A disk
    error is raised: intended rows become in doubt when their lease ends, and the next delivery looks them up.
    """
    report = DeliveryReport()
    report.cleared = look_up_doubts(ledger, channels, read_due, render)
    done, waiting = 0, ledger.counts().get("queued", 0)
    with _drained_on_sigterm() as is_stopping:
        for channel in channels.values():
            may_go_on = partial(_may_go_on, is_stopping, ledger, channel)
            portion = max(CLAIMED_AT_ONCE, channel.batch_limit)
            while may_go_on() and (batch := ledger.claim(channel.name, lease_seconds, portion)):
                messages = _prepare(ledger, batch, read_due, render)
                done += len(batch.rows) - len(messages)
                for part in _send_in_parts(ledger, channel, batch, messages, lease_seconds, may_go_on):
                    done += len(part)
                    if on_progress:
                        on_progress("deliver", done, max(done, waiting))
                _count(report, ledger, batch)
    report.in_doubt, report.left = len(ledger.doubts()), ledger.counts().get("queued", 0)
    turned_away = {name for (_, _, name, state) in report.counts if state == "not_sent"}
    report.closed = {
        name: channel.closed
        for name, channel in channels.items()
        if channel.closed and (report.left or name in turned_away)
    }
    return report


def _send_in_parts(
    ledger: Ledger,
    channel: Channel,
    batch: Batch,
    messages: Sequence[Message],
    lease_seconds: float,
    may_go_on: Callable[[], bool],
) -> Iterator[Sequence[Message]]:
    """Send a batch in parts of the channel's `batch_limit`; yield each part when it is settled.

    Rows that may not be sent any more, because this process ends or the channel is closed, are queued again.
    """
    for start in range(0, len(messages), channel.batch_limit):
        if start and not may_go_on():
            ledger.put_back(batch)
            return
        part = messages[start : start + channel.batch_limit]
        _send_once(ledger, channel, batch, part, lease_seconds)
        yield part


# ---------------------------------------------------------------------------- the promise


def _send_once(
    ledger: Ledger, channel: Channel, batch: Batch, messages: Sequence[Message], lease_seconds: float
) -> None:
    """Record the intent, send, record the outcome. An intent is recorded at most once per message.

    `intend` returns only what may be sent: nothing if the batch is no longer ours, and no message to somebody
    who was suppressed, stopped or over the ceiling since the decision.
    """
    send_ids = ledger.intend(batch, [message.message_id for message in messages], lease_seconds)
    # ---- killed here: in doubt, though nothing was sent. The channel will say so.
    allowed = [message for message in messages if message.message_id in send_ids]
    outcomes = channel.send(allowed, SENDING_SHARE * lease_seconds) if allowed else []
    # ---- killed here: in doubt, though all was sent. The channel will say so, too.
    ledger.settle(batch, outcomes)


# ---------------------------------------------------------------------------- before and after


def look_up_doubts(ledger: Ledger, channels: Mapping[str, Channel], read_due: ReadDue, render: Render) -> int:
    """Ask the channels about sends whose end nobody recorded; returns how many are settled.

    A send that the channel does not know about stays in doubt. The next run may queue one again that was not sent.
    """
    ledger.recover()
    doubts = [doubt for doubt in ledger.doubts() if doubt.channel in channels and not channels[doubt.channel].closed]
    answers = [channels[doubt.channel].look_up(doubt, _render_again(doubt, read_due, render)) for doubt in doubts]
    found = [answer for answer in answers if answer]
    return ledger.settle_doubts(found) if found else 0


def _render_again(doubt: Doubt, read_due: ReadDue, render: Render) -> Message | None:
    """Render a message again as it was sent, because a provider that keeps no id of ours is asked for its text."""
    try:
        due_rows = read_due(doubt.run_id, [doubt.message_id])
        return render(due_rows[0], doubt.send_id, doubt.code) if due_rows else None
    except TemplateError:
        return None  # its files have changed since


def _may_go_on(is_stopping: Callable[[], bool], ledger: Ledger, channel: Channel) -> bool:
    """Whether the next part may be sent. Waits if the provider backs off for a short while only."""
    if is_stopping():
        return False
    if channel.backoff_until:
        ledger.back_off(channel.name, channel.backoff_until)
    backoff_until = ledger.backoff_until(channel.name)
    if backoff_until and (seconds := (backoff_until - ledger.wall()).total_seconds()) > 0:
        if seconds > PATIENCE_SECONDS:
            return False
        time.sleep(seconds)
    return not channel.closed


def _prepare(ledger: Ledger, batch: Batch, read_due: ReadDue, render: Render) -> list[Message]:
    """Render the batch. Rows that cannot become a message are settled here, without an intent."""
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
    except (StammisError, OSError, MemoryError):  # of the folder or the machine, and not of this row
        raise
    except Exception as error:  # whatever one row does to us stops only itself
        return Outcome(row.message_id, "failed", f"template: {unforeseen(error)}")


def _is_quiet(due: Due, clock: datetime) -> bool:
    """Whether local time is outside the hours in which this person may be reached."""
    if due.contact_hours is None:
        return False
    return not due.contact_hours.includes(clock.replace(tzinfo=UTC).astimezone(ZoneInfo(due.time_zone)))


def _count(report: DeliveryReport, ledger: Ledger, batch: Batch) -> None:
    """Count by the ledger, not by what we sent: another worker may have taken a row meanwhile."""
    for state, reason in ledger.states_of([row.message_id for row in batch.rows]).values():
        report.counts[batch.journey, batch.step, batch.channel, state] += 1
        if reason:
            report.reasons[state, reason] += 1


@contextmanager
def _drained_on_sigterm() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether SIGTERM came. Only a main thread gets signals."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
