"""Sends a batch of messages through one provider: several requests at once, all of them over in the time given.

The provider's answer to one request applies to all: a refused key closes the channel, a 429 makes every thread wait.
A message that could not be tried is returned as not_sent, so that a later delivery can send it.
"""

import math
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

BACKOFF_SECONDS = (0.2, 0.6, 1.8)  # before each retry of a provider that was not reached
MIN_REQUEST_SECONDS = 0.2  # with less time left a request would likely time out, and its message be in doubt
WAIT_LIMITS = (0.2, 3600.0)  # the shortest and longest wait after a 429, whatever its headers say
DEFAULT_WAIT = 2.0  # after a 429 whose headers name no readable wait
FAIR_CONNECT_SECONDS = 2.0  # a connect that fails although it had this long is the provider's fault, not ours


class Refused(Exception):
    """The provider answered in full, but not with the status that means success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


class ProviderChannel(ABC):
    """What the channels of both providers share. A subclass checks a message, makes one request, and looks up a send.

    `deadline`: seconds one request may take. `in_flight`: how many requests at once. `settled_after`: a send that the
    provider does not list this long after its intent never arrived. `wall`: the clock, naive UTC. `closed`,
    `backoff_until` and `batch_limit` are those of the Channel protocol (delivery.py).
    """

    name: str
    provider: str
    wire: HttpClient  # every request goes through it: one that it has not begun cannot have arrived

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
        self._closed_reason = "closed"  # of the outcomes once the channel is closed: closed | connect
        self._resume_at = 0.0  # no request may begin before this (monotonic): a 429 asked for a wait
        self._lock = threading.Lock()

    # ---------------------------------------------------------------- what a subclass implements

    @abstractmethod
    def _fault(self, message: Message) -> str | None:
        """Return why this message cannot be sent at all (invalid_address, too_long ...); None if it can."""

    @abstractmethod
    def _ask(self, message: Message, deadline: float) -> tuple[ResponseKind, str | None]:
        """Make one request, over by `deadline` (monotonic). Returns how it ended, and the provider's id.

        How it ended is a word or status of the table in outcomes.py. Raises NotSent, Unanswered or Refused.
        """

    @abstractmethod
    def _find(self, doubt: Doubt, message: Message | None) -> Outcome | None:
        """Ask the provider about a send in doubt; returns as `look_up` does. May raise anything, which means None."""

    @abstractmethod
    def _remedy(self, met: ResponseKind) -> str:
        """Return which setting or account to check, after a request that ended like this and closed the channel."""

    def _met(self, answer: Answer) -> ResponseKind:
        """Return how the table in outcomes.py knows a refusal: by its status, unless the subclass knows better."""
        return answer.status

    # ---------------------------------------------------------------- the Channel protocol of delivery.py

    def send(self, messages: Sequence[Message], seconds: float) -> list[Outcome]:
        """Send these; returns an outcome for each, in order. Every request is over `seconds` from now at the latest."""
        until = time.monotonic() + seconds
        if time.monotonic() >= self._resume_at:
            self.backoff_until = None
        if not messages:
            return []
        with ThreadPoolExecutor(min(self.in_flight, len(messages))) as pool:
            return list(pool.map(lambda message: self._send(message, until), messages))

    def look_up(self, doubt: Doubt, message: Message | None) -> Outcome | None:
        """Return accepted, or not_sent if the send surely never arrived; None if the provider cannot tell (yet)."""
        if self.closed:
            return None
        try:
            return self._find(doubt, message)
        except Exception:  # not logged: an SDK's error may quote the recipient. The send stays in doubt
            return None

    def _absent(self, doubt: Doubt) -> Outcome | None:
        """Return not_sent for a send that the provider does not list; None if it may still appear there."""
        if self.wall() - doubt.intended_at < self.settled_after:
            return None
        return Outcome(doubt.message_id, "not_sent", "not_found")

    # ---------------------------------------------------------------- one message

    def _send(self, message: Message, until: float) -> Outcome:
        """Send one message, with retries and waits as long as `until` (monotonic) allows; returns its outcome."""
        if fault := self._fault_of(message):
            return Outcome(message.message_id, "failed", fault)
        waits, had_fair_time = list(BACKOFF_SECONDS), False
        while True:
            if reason := self._blocked_reason(until):
                return Outcome(message.message_id, "not_sent", reason)
            now = time.monotonic()
            deadline = min(now + self.deadline, until)
            met, provider_id, headers = self._request(message, deadline)
            verdict = judge(self.provider, met)
            # A connect may fail only because our time ran out. Any other end says something about the provider.
            fair_seconds = min(self.deadline, FAIR_CONNECT_SECONDS)
            had_fair_time = had_fair_time or met != "connect" or deadline - now >= fair_seconds
            if verdict.action == "wait":
                self._back_off(headers)
                continue
            if verdict.action == "retry" and waits and time.monotonic() + waits[0] < until - MIN_REQUEST_SECONDS:
                time.sleep(waits.pop(0))
                continue
            if verdict.action == "close" or (verdict.action == "retry" and had_fair_time):
                self._close(met, verdict)
            return Outcome(message.message_id, verdict.state, verdict.reason, provider_id)

    def _fault_of(self, message: Message) -> str | None:
        try:
            return self._fault(message) if _is_encodable(message) else "not_writable"
        except Exception:  # not logged: it may quote the recipient
            return "not_writable"

    def _request(self, message: Message, deadline: float) -> tuple[ResponseKind, str | None, Mapping[str, str]]:
        """Make one request; returns how it ended, the provider's id, and the headers of a refusal. Raises nothing."""
        begun_before = self.wire.begun
        try:
            return (*self._ask(message, deadline), {})
        except (NotSent, Unanswered) as failure:
            return failure.reason, None, {}
        except Refused as refusal:
            return self._met(refusal.answer), None, refusal.answer.headers
        except Exception:  # the SDK could not write the request, or not read the answer; its error may quote either
            return "request" if self.wire.begun == begun_before else "garbage", None, {}

    def _blocked_reason(self, until: float) -> str | None:
        """Wait until a request may begin, and return None; or why none can begin in time before `until`."""
        while True:
            if self.closed:
                return self._closed_reason
            now = time.monotonic()
            wait = self._resume_at - now
            if max(now, self._resume_at) > until - MIN_REQUEST_SECONDS:
                if wait <= 0:
                    return "no_time"
                self.backoff_until = self.wall() + timedelta(seconds=wait)
                return "rate_limited"
            if wait <= 0:
                return None
            time.sleep(wait)

    def _back_off(self, headers: Mapping[str, str]) -> None:
        """Let no thread begin a request before the wait that a 429 asks for is over."""
        with self._lock:
            self._resume_at = max(self._resume_at, time.monotonic() + wanted_wait(headers, self.wall()))

    def _close(self, met: ResponseKind, verdict: Verdict) -> None:
        """Close the channel, unless another thread has: the first reason stays, with its remedy."""
        is_unreachable = verdict.action == "retry"
        if is_unreachable:
            problem = f"cannot be reached ({met})"
        else:
            problem = "cannot be asked" if met == "request" else f"refuses to send ({verdict.reason})"
        with self._lock:
            if not self.closed:
                self._closed_reason = "connect" if is_unreachable else "closed"
                self.closed = f"{self.provider} {problem}: {self._remedy(met)}"


def _is_encodable(message: Message) -> bool:
    """Whether a request can hold every part as UTF-8, which has no form for half a surrogate pair."""
    parts = (message.address, message.text, message.subject or "", message.html or "", message.send_id)
    try:
        "".join((*parts, *message.headers.values())).encode()
    except UnicodeEncodeError:
        return False
    return True


def wanted_wait(headers: Mapping[str, str], now: datetime) -> float:
    """Return the seconds that a 429 asks to wait, within WAIT_LIMITS; DEFAULT_WAIT if its headers cannot be read.

    Retry-After holds seconds or a date, X-RateLimit-Reset an epoch time or seconds. `now` is naive UTC.
    """
    asked = headers.get("retry-after") or headers.get("x-ratelimit-reset") or ""
    try:
        wait = float(asked)
        if wait > 1e9:  # thirty years: an epoch time
            wait -= now.replace(tzinfo=UTC).timestamp()
    except ValueError:
        try:
            wait = (parsedate_to_datetime(asked) - now.replace(tzinfo=UTC)).total_seconds()
        except (ValueError, TypeError):
            wait = DEFAULT_WAIT
    return DEFAULT_WAIT if math.isnan(wait) else min(max(wait, WAIT_LIMITS[0]), WAIT_LIMITS[1])
