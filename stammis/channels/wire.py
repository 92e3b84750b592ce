"""HTTP/1.1 to one host over lines that stay open: what the SDKs of both providers ride on.

A sender must know one thing of a request that failed: may it have arrived? So there are two failures, NotSent
(no line to the host) and Unanswered (it may have been accepted). Their words are ours: no address, number, key,
body or URL is in them, and nothing is logged. A redirect is an answer like any other, and is not followed.

Where the environment names a proxy (core/proxy.py), TLS with the host runs inside a tunnel through it. Until the tunnel
stands nothing was sent to the host: whatever goes wrong before is NotSent.
"""

import http.client
import io
import queue
import re
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from stammis.core.errors import ConfigurationError
from stammis.core.proxy import find_proxy

LARGEST_BODY = 4_000_000
IDLE_SECONDS = 20.0  # many hosts hang up after a minute; a line as old as that is not worth the doubt


class NotSent(Exception):
    """The request surely never arrived. Reason: dns | refused | tls | connect | request (none could be written).

    Through a proxy, dns is about its name, and refused also means that it opened no tunnel (407, 403, 502 ...).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unanswered(Exception):
    """The request may have been accepted. Reason: timeout | reset | disconnect | partial | garbage | too_large."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names are in lower case; of a name that came twice the last value."""

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class HttpClient:
    """Requests to one origin, from any number of threads: one TLS context, one line for each request in flight.

    `host` is https://name[:port] (or http://); `setting` is what people know it by. Raises ConfigurationError for
    any other, and for a proxy that cannot be used.
    """

    def __init__(
        self,
        host: str,
        setting: str = "The host",
        tls: ssl.SSLContext | None = None,
        largest_body: int = LARGEST_BODY,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        found = re.fullmatch(r"(https?)://(\[[0-9a-f:]+\]|[^/:@\[\]?#\s]+)(?::([0-9]{1,5}))?/?", host, re.IGNORECASE)
        if not found or int(found[3] or 443) > 65535:
            raise ConfigurationError(f"{setting} is no address of a host: write it as in https://api.example.com")
        is_tls = found[1].lower() == "https"
        self.host, self.port = found[2].strip("[]"), int(found[3] or (443 if is_tls else 80))
        self.tls = (tls or ssl.create_default_context()) if is_tls else None
        self.proxy = find_proxy(self.host, self.port) if is_tls else None
        self.settings = f"{self.proxy.setting}, {setting}" if self.proxy else setting  # to check if it is not reached
        self.largest_body, self.idle_seconds = largest_body, idle_seconds
        self._mine = threading.local()
        self._idle: list[_Connection] = []
        weakref.finalize(self, _hang_up, self._idle)

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Answer:
        """One exchange, over by `deadline` whatever happens. `target` is path and query.

        The deadline is a moment (time.monotonic) and no duration: whoever was stopped on the way here, and goes on
        when it is over, writes nothing any more. Raises NotSent or Unanswered.
        """
        line = self._idle_line() or self._connect(deadline)
        line.begin(deadline)
        self._mine.begun = self.begun + 1
        try:
            answer = self._exchange(line, method, target, headers, body)
        except BaseException:
            line.hang_up()
            raise
        if line.is_reusable:
            self._idle.append(line)
        else:
            line.hang_up()
        return answer

    @property
    def begun(self) -> int:
        """How many requests this thread has begun to write: while it stays the same, nothing has left."""
        return int(getattr(self._mine, "begun", 0))

    def close(self) -> None:
        """Hang up every line not in use."""
        _hang_up(self._idle)

    def _idle_line(self) -> "_Connection | None":
        """A line the other side has not closed meanwhile: a request on a closed one would end in doubt."""
        while True:
            try:
                line = self._idle.pop()  # the one used last: the most likely to be alive
            except IndexError:
                return None
            if time.monotonic() - line.used_at < self.idle_seconds and line.is_quiet():
                return line
            line.hang_up()

    def _exchange(
        self, line: "_Connection", method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        try:
            line.requests.request(method, target, body, dict(headers))
            response = line.requests.getresponse()
            if line.is_at_end:
                raise Unanswered("partial")  # http.client takes the end of the line for the end of the headers
            if response.msg.defects:
                raise Unanswered("garbage")
            content = response.read(self.largest_body + 1)
        except Unanswered:
            raise
        except Exception as error:
            if line.written == 0:  # not even its first line left
                raise NotSent("connect" if isinstance(error, OSError) else "request") from None
            raise Unanswered(_failure(error)) from None
        if len(content) > self.largest_body:
            raise Unanswered("too_large")
        if response.length:
            raise Unanswered("partial")
        line.is_reusable = response.isclosed() and not response.will_close and not line.is_at_end
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)

    def _connect(self, deadline: float) -> "_Connection":
        reason = "dns" if deadline > time.monotonic() else "connect"
        for family, kind, protocol, _, address in self._addresses(deadline):
            plain = None
            try:
                plain = socket.socket(family, kind, protocol)
                plain.settimeout(_left(deadline))
                plain.connect(address)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.proxy:
                    self._open_tunnel(plain, self.proxy.headers, deadline)
                plain.settimeout(_left(deadline))
                ready = self.tls.wrap_socket(plain, server_hostname=self.host) if self.tls else plain
                return _Connection(ready, self.host, self.port)
            except (OSError, UnicodeError) as error:
                if plain:
                    plain.close()
                is_tls, is_refused = isinstance(error, ssl.SSLError), isinstance(error, ConnectionRefusedError)
                reason = "tls" if is_tls else "refused" if is_refused else "connect"
        raise NotSent(reason)

    def _open_tunnel(self, plain: socket.socket, headers: Mapping[str, str], deadline: float) -> None:
        """Ask a proxy for a line to the host. Raises ConnectionRefusedError where it says no, and other OSErrors."""
        line = _Connection(plain, self.host, self.port)
        line.begin(deadline)
        name = f"[{self.host}]" if ":" in self.host else self.host.encode("idna").decode()
        try:
            line.requests.request("CONNECT", f"{name}:{self.port}", headers=dict(headers))
            status = line.requests.getresponse().status
        except http.client.HTTPException:
            raise ConnectionError from None
        if not 200 <= status < 300:
            raise ConnectionRefusedError
        if not line.is_quiet():
            raise ConnectionError  # it hung up, or speaks although the host was not asked yet

    def _addresses(self, deadline: float) -> list[Any]:
        """Of the proxy or the host; asking for them knows no timeout, so somebody else waits for the answer."""
        found: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
        to = self.proxy or self

        def look() -> None:
            try:
                found.put(socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError):
                found.put([])

        threading.Thread(target=look, daemon=True).start()
        with suppress(queue.Empty, TimeoutError):
            return found.get(timeout=_left(deadline))
        return []


class _Connection(io.RawIOBase):
    """A connected socket that knows when its exchange must be over, and whether it ended.

    A timeout of a socket counts for each read, and a byte a second outlives it; so each read gets what is left.
    """

    def __init__(self, connected: socket.socket, host: str, port: int) -> None:
        self.socket = connected
        self.reader = _Reader(self)
        self.requests = http.client.HTTPConnection(host, port)
        self.requests.auto_open = 0  # it shall never connect by itself
        self.deadline: float | None = None
        self.used_at = time.monotonic()
        self.written = 0
        self.is_at_end = self.is_reusable = False

    def begin(self, deadline: float) -> None:
        self.deadline, self.written, self.is_reusable = deadline, 0, False
        self.requests.sock = self

    def is_quiet(self) -> bool:
        """Whether nothing came since the last answer: neither its end nor a byte nobody asked for."""
        self.deadline = None
        try:
            self.socket.settimeout(0)
            self.reader.peek(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except (OSError, ValueError):
            pass
        return False

    def hang_up(self) -> None:
        with suppress(OSError):
            self.socket.close()

    # ---------------------------------------------------------------- what http.client calls

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._set_timeout()
            sent = self.socket.send(rest)
            self.written += sent
            rest = rest[sent:]

    def makefile(self, mode: str) -> "_Reader":
        return self.reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.deadline is not None:
            self._set_timeout()
        count = self.socket.recv_into(buffer)
        self.is_at_end = self.is_at_end or count == 0
        self.used_at = time.monotonic()
        return count

    def close(self) -> None:
        """http.client is done with an answer; `hang_up` ends the line."""

    def _set_timeout(self) -> None:
        assert self.deadline is not None
        self.socket.settimeout(_left(self.deadline))


class _Reader(io.BufferedReader):
    """Outlives its answers, so that bytes left over by one are seen before the next request."""

    def close(self) -> None:
        pass


def _hang_up(lines: list[_Connection]) -> None:
    while lines:
        lines.pop().hang_up()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _failure(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, http.client.RemoteDisconnected):
        return "disconnect"
    if isinstance(error, http.client.IncompleteRead):
        return "partial"
    if isinstance(error, OSError):
        return "reset"
    return "garbage"
