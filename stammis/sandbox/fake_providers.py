"""Both stand-ins behind one address: routes a request, injects faults, accepts messages."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from stammis.sandbox import sendgrid, twilio
from stammis.sandbox.faults import Faults, InjectedFault, named
from stammis.sandbox.simulation import Rates, simulate_events, stops_writing
from stammis.sandbox.state import MessageTimeline, Response, SandboxRequest, SandboxState, Seen, Sending

ROOTS = {"v3": "sendgrid", "2010-04-01": "twilio"}  # what the paths of each begin with
ANSWERS: dict[str, Callable[[SandboxRequest, SandboxState, frozenset[str]], Response | Sending]] = {
    "sendgrid": sendgrid.answer,
    "twilio": twilio.answer,
}
REFUSALS: dict[str, Callable[[int, str], Response]] = {
    "sendgrid": sendgrid.refusal,
    "twilio": twilio.refusal,
}


@dataclass
class FakeProviders:
    """The state, faults and options that all threads share."""

    state: SandboxState
    faults: Faults
    rates: Rates
    landing: Path | None = None
    latency: float = 0.0  # seconds
    keys: frozenset[str] = frozenset()
    elsewhere: str = ""  # where a redirect leads
    own_address: str = ""
    report_lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: SandboxRequest) -> tuple[Response, InjectedFault]:
        """Return the response and the fault that applies to it. Sleeps for the configured latency."""
        name = ROOTS.get(request.path.split("/")[1], "elsewhere")
        seen = self.state.see(request, name)
        time.sleep(self.latency / 2)
        said = ANSWERS[name](request, self.state, self.keys) if name in ANSWERS else Response(404)
        if isinstance(said, Response):
            seen.status = said.status
            time.sleep(self.latency / 2)
            return said, InjectedFault()
        return self._send(seen, said)

    def _send(self, seen: Seen, sending: Sending) -> tuple[Response, InjectedFault]:
        seen.send_ids = [message.send_id for message in sending.messages]
        with self.state.lock:
            met = self.faults.met_by(seen.provider, sending.messages, self.state.met)
        fault = named(met[0]) if met else InjectedFault(accepts=True)
        seen.fault, seen.faulted = met or (None, None)
        if fault.accepts:
            self._accept(sending)
            seen.is_accepted = True
        time.sleep(self.latency / 2)
        answer = self._spoiled(seen, sending.answer, fault)
        seen.status = answer.status if fault.way in ("answer", "drip") else 0
        return answer, fault

    def _accept(self, sending: Sending) -> None:
        timelines = [
            MessageTimeline(each, simulate_events(each, self.rates, self.state.seed)) for each in sending.messages
        ]
        self.state.accept(timelines)
        for timeline in timelines:
            for each in timeline.events:
                if why := stops_writing(each):
                    address = timeline.message.to.lower()
                    self.state.refuse_from(timeline.message.provider, address, each.at, why)

    def _spoiled(self, seen: Seen, answer: Response, fault: InjectedFault) -> Response:
        """The response as the fault changes it."""
        if fault.status is None and not fault.lacks:
            return answer
        if fault.status in (302, 307):
            return Response(fault.status, b"", {"Location": (self.elsewhere or self.own_address) + seen.request.path})
        if fault.lacks == "id":
            return Response(answer.status)
        if fault.lacks == "sid":
            without = {name: value for name, value in json.loads(answer.body).items() if name != "sid"}
            return Response(answer.status, json.dumps(without).encode(), answer.headers)
        if fault.status in (502, 504):  # a proxy in between speaks no JSON
            page = f"<html><head><title>{fault.status} {HTTPStatus(fault.status).phrase}</title></head></html>"
            return Response(fault.status, page.encode(), {"Content-Type": "text/html"})
        if fault.status == 200:
            return Response(200)
        refusal = REFUSALS[seen.provider](fault.status or 0, fault.code)
        if refusal.status != 429:
            return refusal
        reset = str(int(time.time()) + self.faults.retry_after)
        waits = {
            "sendgrid": {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset},
            "twilio": {"Retry-After": str(self.faults.retry_after)},
        }
        return Response(429, refusal.body, refusal.headers | waits[seen.provider])
