"""A sandbox: stand-ins for SendGrid and Twilio over real HTTP, in a child process on a loopback port.

    with running(landing=folder, faults={"sendgrid.reset_after": 0.2}, latency_ms=40) as sandbox:
        ...  # send to sandbox.url, with any key
        sandbox.accepted(); sandbox.requests(); sandbox.report(datetime(2025, 12, 13, 10))

It follows the providers' rules strictly, fails on demand, and reports events in their own formats.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stammis.core.errors import ConfigurationError, StammisError
from stammis.sandbox.faults import Rate
from stammis.sandbox.simulation import Rates

__all__ = ["Rates", "Sandbox", "running"]

ACCOUNT = "AC" + "5a" * 16
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox, asked over HTTP."""

    url: str
    process_id: int

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which a run sends to this sandbox."""
        return {
            "STAMMIS_SEND_BY": "providers",
            "SENDGRID_HOST": self.url,
            "SENDGRID_API_KEY": "sandbox",
            "TWILIO_HOST": self.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "sandbox",
            "STAMMIS_PUBLIC_URL": self.url,  # nobody is called there: a text carries our id in it
        }

    def accepted(self) -> list[dict[str, Any]]:
        """Every message a provider took, in order: provider, send_id, provider_id, to, from, subject, body, …"""
        return list(self._ask("GET", "/_sandbox/accepted"))

    def requests(self, bodies: bool = False) -> list[dict[str, Any]]:
        """Every request to a provider, in order: send_ids, fault, faulted, accepted, status (0: no answer), …"""
        return list(self._ask("GET", "/_sandbox/requests" + ("?bodies" if bodies else "")))

    def summary(self) -> dict[str, Any]:
        """clock; accepted, requests, refused by provider; faults by name."""
        return dict(self._ask("GET", "/_sandbox"))

    def set_faults(self, faults: Mapping[str, Rate], seed: int | None = None, retry_after: int | None = None) -> None:
        """Replaces all faults. A rate is a share of messages, or a list of the send ids or addresses to meet it."""
        more = {"seed": seed, "retry_after": retry_after}
        self._ask("POST", "/_sandbox/faults", {**faults, **{name: value for name, value in more.items() if value}})

    def report(self, until: datetime | None = None) -> dict[str, int]:
        """Write what happened until then (None: now; naive is UTC) and is not yet reported; {file in landing: rows}.

        Puts the sandbox's clock forward to `until`.
        """
        return dict(self._ask("POST", "/_sandbox/report", {"until": until.isoformat()} if until else {}))

    def forget(self) -> None:
        """Forget all messages, requests and unreported events; faults and clock stay."""
        self._ask("DELETE", "/_sandbox")

    def _ask(self, method: str, path: str, content: object = None) -> Any:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, json.dumps(content).encode() if content is not None else None)
            answer = connection.getresponse()
            found = json.loads(answer.read())
        except OSError as error:
            raise StammisError(f"The sandbox at {self.url} does not answer: {error}.") from None
        finally:
            connection.close()
        if answer.status != 200:
            raise ConfigurationError(f"The sandbox says: {found['error']}")
        return found


@contextmanager
def running(
    landing: Path | None = None,
    *,
    port: int = 0,
    latency_ms: float = 0,
    faults: Mapping[str, Rate] | None = None,
    seed: int = 7,
    clock: datetime | None = None,
    rates: Rates | None = None,
    keys: Sequence[str] = (),
    elsewhere: str = "",
) -> Iterator[Sandbox]:
    """Run a sandbox for the length of a `with`. It ends with this process, however this one ends.

    `landing`: where `report` writes. `port` 0: a free one. `clock`: where the sandbox's own clock starts (naive is
    UTC; None: now). `keys`: the only right API keys and tokens; none: any. `elsewhere`: where a redirect leads.
    Raises ConfigurationError for an unknown fault or a port that is taken.
    """
    options = {
        "landing": str(landing.resolve()) if landing else None,
        "port": port,
        "latency_ms": latency_ms,
        "faults": dict(faults or {}),
        "seed": seed,
        "clock": clock.isoformat() if clock else None,
        "rates": asdict(rates or Rates()),
        "keys": list(keys),
        "elsewhere": elsewhere.rstrip("/"),
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "stammis.sandbox.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdin and child.stdout
    try:
        child.stdin.write(json.dumps(options).encode() + b"\n")
        child.stdin.flush()
        said = json.loads(child.stdout.readline() or '{"error": "it stopped at once"}')
        if "error" in said:
            raise ConfigurationError(f"The sandbox cannot start: {said['error']}")
        yield Sandbox(said["url"], child.pid)
    finally:
        with suppress(OSError):
            child.stdin.close()  # which tells it to end
        child.stdout.close()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
