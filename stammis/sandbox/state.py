"""The sandbox's state: its clock, every request, every accepted message. Threads share it under its lock."""

import hashlib
import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from stammis.core.clock import utc_now

Way = Literal["answer", "hang", "drip", "reset", "disconnect", "garbage", "partial", "cut"]
LINK = re.compile(r"https?://[^\s<>\"']+")
BODIES_KEPT = 2_000  # a long torture must not fill the memory


def draw(*words: object) -> float:
    """A number in [0, 1) that depends only on these words."""
    digest = hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """One incoming request. `headers` have lower-case names and no key; `key` is the value of Authorization."""

    number: int
    at: datetime
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    key: str = field(repr=False)
    client_port: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; `headers` without the length."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that a provider accepted. `sender` is its From, `body` its text; times are naive UTC.

    `accepted_at` is by the sandbox's clock, which dates landed events; `wall_at` is by this machine's, which dates
    what the provider's API shows.
    """

    provider: str
    send_id: str
    provider_id: str
    to: str
    sender: str
    accepted_at: datetime
    wall_at: datetime
    body: str
    subject: str = ""
    name: str = ""
    links: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    custom_args: dict[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    callback: str = ""
    dropped: str = ""  # why the provider keeps it to itself, though it took it

    @property
    def draws_by(self) -> str:
        """The text that seeds its events: our send id, or recipient and body if it has none."""
        return self.send_id or f"{self.to}\x1f{self.body}"


@dataclass(frozen=True, slots=True)
class Sending:
    """A valid request: the messages it sends, and the response if no fault is injected."""

    messages: Sequence[Accepted]
    answer: Response


@dataclass(slots=True)
class Seen:
    """A request and its result. `status` 0: it got no response (yet)."""

    request: SandboxRequest
    provider: str
    send_ids: list[str] = field(default_factory=list)
    fault: str | None = None
    faulted: str | None = None  # the send_id (else address) that met the fault
    is_accepted: bool = False
    status: int = 0
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class SimulatedEvent:
    """Something that happened to a message: an event of the provider, a reply, an order."""

    at: datetime
    what: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class MessageTimeline:
    """An accepted message and what happens to it, in order; the first `reported_count` of it are reported."""

    message: Accepted
    events: list[SimulatedEvent]
    reported_count: int = 0


def links_in(text: str) -> tuple[str, ...]:
    """The web addresses in a text, each once, without a full stop at the end."""
    return tuple(dict.fromkeys(link.rstrip(".,;:!?)") for link in LINK.findall(text)))


class SandboxState:
    """Everything seen and accepted since the start, or since `forget`."""

    def __init__(self, seed: int, clock: datetime | None) -> None:
        self.seed = seed
        self.lock = threading.RLock()
        self._counted = 0
        self._start, self._started = clock or utc_now(), time.monotonic()
        self.forget()

    def forget(self) -> None:
        """Forget everything; the clock goes on, and no id is used twice."""
        with self.lock:
            self.seen: list[Seen] = []
            self.timelines: list[MessageTimeline] = []
            self.by_provider_id: dict[str, list[MessageTimeline]] = {}
            self.refused_from: dict[tuple[str, str], tuple[datetime, str]] = {}  # (provider, address) -> since, why
            self.met: set[tuple[str, str]] = set()

    def now(self) -> datetime:
        """The sandbox's own clock, naive UTC."""
        with self.lock:
            return self._start + timedelta(seconds=time.monotonic() - self._started)

    def move_on(self, until: datetime) -> None:
        """Put the clock forward to `until`; it never goes back."""
        with self.lock:
            if until > self.now():
                self._start, self._started = until, time.monotonic()

    def number(self) -> int:
        with self.lock:
            self._counted += 1
            return self._counted

    def new_id(self, request: SandboxRequest, place: int = 0) -> str:
        """A new id of 32 hex characters."""
        return hashlib.sha256(f"{self.seed} {request.number} {place}".encode()).hexdigest()[:32]

    def see(self, request: SandboxRequest, provider: str) -> Seen:
        seen = Seen(request, provider, body=request.body)
        with self.lock:
            self.seen.append(seen)
            if len(self.seen) > BODIES_KEPT:
                self.seen[-BODIES_KEPT - 1].body = None
        return seen

    def accept(self, timelines: Sequence[MessageTimeline]) -> None:
        with self.lock:
            self.timelines.extend(timelines)
            for timeline in timelines:
                self.by_provider_id.setdefault(timeline.message.provider_id, []).append(timeline)

    def refuse_from(self, provider: str, address: str, since: datetime, why: str) -> None:
        """Suppress this address for the provider from then on; the earliest reason stays."""
        with self.lock:
            known = self.refused_from.get((provider, address))
            if known is None or since < known[0]:
                self.refused_from[provider, address] = since, why

    def refusal(self, provider: str, address: str) -> str:
        """Why the provider now suppresses this address; empty if it does not."""
        since, why = self.refused_from.get((provider, address), (self.now(), ""))
        return why if since <= self.now() else ""

    def summary(self) -> dict[str, dict[str, int]]:
        """accepted, requests and refused per provider, and how often each fault was met."""
        with self.lock:
            sends = [seen for seen in self.seen if seen.send_ids or seen.status >= 400]
            return {
                "accepted": dict(Counter(timeline.message.provider for timeline in self.timelines)),
                "requests": dict(Counter(seen.provider for seen in self.seen)),
                "refused": dict(Counter(seen.provider for seen in sends if seen.status >= 400 and not seen.fault)),
                "faults": dict(Counter(seen.fault for seen in sends if seen.fault)),
            }
