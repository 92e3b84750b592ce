"""A batch through one provider's door: several requests at once, none too late, and none against a shut door.

What the provider says to one request holds for all of them: a refused key shuts the door, a full line makes
everybody wait. What was not asked for comes back as not_sent, and nothing is lost.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from stammis.channels.outcomes import ResponseKind, Verdict, judge
from stammis.channels.wire import Answer, HttpClient, NotSent, Unanswered
from stammis.core.clock import Wall
from stammis.core.types import Message, Outcome
from stammis.ledger import Doubt

BACKOFF_SECONDS = (0.2, 0.6, 1.8)
LEAST_SECONDS = 0.2  # a request with less time than this would only end in doubt
WAITS = (0.2, 3600.0)  # no provider is believed to want less, or more
UNTOLD_WAIT = 2.0
FAIR_SECONDS = 2.0  # who is not reached in this time cannot be reached, whatever time was left


class Refused(Exception):
    """A whole answer, though not the one that means yes."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


class ProviderChannel(ABC):
    """What both real channels share. Subclasses say what a message must be, how to ask, and how to look it up.

    `deadline`: seconds one request may take. `in_flight`: how many at once. `settled_after`: a send that the
    provider does not know by then never arrived. `wall`: naive UTC now.
    """

    name: str
    provider: str
    wire: HttpClient  # the only way out, so what it has not begun has not left

    def __init__(
        self,
        closed: str | None,
        deadline: float,
        in_flight: int,
        batch_limit: int,
        settled_after: timedelta,
        wall: Wall,
    ) -> None:
        self.deadline, self.in_flight, self.batch_limit = deadline, in_flight, batch_limit
        self.settled_after, self.wall = settled_after, wall
        self.closed: str | None = closed
        self.backoff_until: datetime | None = None
        self._blocked_as = "closed"
        self._resume_at = 0.0  # monotonic
        self._lock = threading.Lock()

    # ---------------------------------------------------------------- what a provider's own module says

    @abstractmethod
    def _fault(self, message: Message) -> str | None:
        """Why the provider need not be asked at all: invalid_address, too_long, ..."""

    @abstractmethod
    def _ask(self, message: Message, deadline: float) -> tuple[ResponseKind, str | None]:
        """One request, over by then (monotonic): what was met, and the provider's id.

        Raises NotSent, Unanswered or Refused.
        """

    @abstractmethod
    def _find(self, doubt: Doubt, message: Message | None) -> Outcome | None:
        """Ask the provider about a doubt; may raise anything."""

    @abstractmethod
    def _remedy(self, met: ResponseKind) -> str:
        """Which setting or account to look at, after what was met."""

    def _met(self, answer: Answer) -> ResponseKind:
        """What the table knows a refusal by."""
        return answer.status

    # ---------------------------------------------------------------- the protocol of a channel

    def send(self, messages: Sequence[Message], seconds: float) -> list[Outcome]:
        """Hand over; an outcome for each, in order. All requests have ended `seconds` from now, at the latest."""
        until = time.monotonic() + seconds
        if time.monotonic() >= self._resume_at:
            self.backoff_until = None
        if not messages:
            return []
        with ThreadPoolExecutor(min(self.in_flight, len(messages))) as pool:
            return list(pool.map(lambda message: self._send(message, until), messages))

    def look_up(self, doubt: Doubt, message: Message | None) -> Outcome | None:
        """What became of a send: accepted, not_sent for certain, or None: the provider cannot tell (yet)."""
        if self.closed:
            return None
        try:
            return self._find(doubt, message)
        except Exception:  # an SDK's own words may quote whom it was about; not knowing is no failure
            return None

    def _absent(self, doubt: Doubt) -> Outcome | None:
        """The provider knows nothing of it: that is an answer only when it would know by now."""
        if self.wall() - doubt.intended_at < self.settled_after:
            return None
        return Outcome(doubt.message_id, "not_sent", "not_found")

    # ---------------------------------------------------------------- one message

    def _send(self, message: Message, until: float) -> Outcome:
        if fault := self._fault(message) if _is_text(message) else "not_writable":
            return Outcome(message.message_id, "failed", fault)
        waits, was_given_time = list(BACKOFF_SECONDS), False
        while True:
            if reason := self._blocked_reason(until):
                return Outcome(message.message_id, "not_sent", reason)
            now = time.monotonic()
            deadline = min(now + self.deadline, until)
            met, provider_id, headers = self._request(message, deadline)
            verdict = judge(self.provider, met)
            was_given_time = was_given_time or met != "connect" or deadline - now >= min(self.deadline, FAIR_SECONDS)
            if verdict.action == "wait":
                self._back_off(headers)
                continue
            if verdict.action == "retry" and waits and time.monotonic() + waits[0] < until - LEAST_SECONDS:
                time.sleep(waits.pop(0))
                continue
            if verdict.action == "close" or (verdict.action == "retry" and was_given_time):
                self._close(met, verdict)
            return Outcome(message.message_id, verdict.state, verdict.reason, provider_id)

    def _request(self, message: Message, deadline: float) -> tuple[ResponseKind, str | None, Mapping[str, str]]:
        begun = self.wire.begun
        try:
            return (*self._ask(message, deadline), {})
        except (NotSent, Unanswered) as failure:
            return failure.reason, None, {}
        except Refused as refusal:
            return self._met(refusal.answer), None, refusal.answer.headers
        except Exception:  # an SDK that can write no request, or not read the answer; what it says may quote it
            return "request" if self.wire.begun == begun else "garbage", None, {}

    def _blocked_reason(self, until: float) -> str | None:
        """Why no request may begin now; waits as long as the provider wants where there is time for it."""
        while True:
            if self.closed:
                return self._blocked_as
            now = time.monotonic()
            wait = self._resume_at - now
            if max(now, self._resume_at) > until - LEAST_SECONDS:
                if wait <= 0:
                    return "no_time"
                self.backoff_until = self.wall() + timedelta(seconds=wait)
                return "rate_limited"
            if wait <= 0:
                return None
            time.sleep(wait)

    def _back_off(self, headers: Mapping[str, str]) -> None:
        with self._lock:
            self._resume_at = max(self._resume_at, time.monotonic() + wanted_wait(headers, self.wall()))

    def _close(self, met: ResponseKind, verdict: Verdict) -> None:
        """The first reason stays: it is what somebody must mend."""
        is_reached = verdict.action != "retry"
        said = f"refuses to send ({verdict.reason})" if is_reached else f"cannot be reached ({met})"
        with self._lock:
            if not self.closed:
                self._blocked_as = "closed" if is_reached else "connect"
                self.closed = f"{self.provider} {'cannot be asked' if met == 'request' else said}: {self._remedy(met)}"


def _is_text(message: Message) -> bool:
    """Half a surrogate pair is no text, and no request can hold it."""
    words = (message.address, message.text, message.subject or "", message.html or "", message.send_id)
    try:
        "".join((*words, *message.headers.values())).encode()
    except UnicodeEncodeError:
        return False
    return True


def wanted_wait(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds a 429 asks for: Retry-After (seconds or a date), else X-RateLimit-Reset (epoch or seconds)."""
    asked = headers.get("retry-after") or headers.get("x-ratelimit-reset") or ""
    try:
        wait = float(asked)
        if wait > 1e9:
            wait -= now.replace(tzinfo=UTC).timestamp()
    except ValueError:
        try:
            wait = (parsedate_to_datetime(asked) - now.replace(tzinfo=UTC)).total_seconds()
        except (ValueError, TypeError):
            wait = UNTOLD_WAIT
    return min(max(wait, WAITS[0]), WAITS[1]) if wait == wait else UNTOLD_WAIT
