"""Answers the sandbox's own requests under /_sandbox: accepted messages, requests, faults, reports."""

import json
from collections.abc import Callable
from typing import Any

from stammis.core.clock import read_moment
from stammis.core.errors import ConfigurationError, StammisError
from stammis.sandbox.fake_providers import FakeProviders
from stammis.sandbox.faults import read_faults
from stammis.sandbox.reports import report
from stammis.sandbox.state import MessageTimeline, Response, SandboxRequest, Seen


def answer(request: SandboxRequest, providers: FakeProviders) -> Response:
    """Answer with the JSON asked for; {"error": ...} with 400 or 404."""
    order = ORDERS.get((request.method, request.path))
    if order is None:
        return _json(404, {"error": f"there are {', '.join(' '.join(known) for known in ORDERS)}"})
    try:
        given = json.loads(request.body) if request.body else {}
        return _json(200, order(request, given, providers))
    except (StammisError, ValueError, OSError) as error:
        return _json(400, {"error": str(error)})


def show_accepted(request: SandboxRequest, given: dict[str, Any], providers: FakeProviders) -> object:
    with providers.state.lock:
        return [_message(timeline) for timeline in providers.state.timelines]


def show_requests(request: SandboxRequest, given: dict[str, Any], providers: FakeProviders) -> object:
    with providers.state.lock:
        return [_request(seen, "bodies" in request.query) for seen in providers.state.seen]


def show_summary(request: SandboxRequest, given: dict[str, Any], providers: FakeProviders) -> object:
    return {"clock": providers.state.now().isoformat() + "Z", **providers.state.summary()}


def set_faults(request: SandboxRequest, given: dict[str, Any], providers: FakeProviders) -> object:
    providers.faults = read_faults(given, providers.faults.seed)
    return {"faults": dict(providers.faults.rates), "seed": providers.faults.seed}


def forget(request: SandboxRequest, given: dict[str, Any], providers: FakeProviders) -> object:
    providers.state.forget()
    return {}


def write_report(request: SandboxRequest, given: dict[str, Any], providers: FakeProviders) -> object:
    if providers.landing is None:
        raise ConfigurationError("this sandbox was started without --landing, so that nothing can land.")
    until = read_moment(given["until"]) if given.get("until") else providers.state.now()
    with providers.report_lock:
        return report(providers.state, providers.landing, until)


ORDERS: dict[tuple[str, str], Callable[[SandboxRequest, dict[str, Any], FakeProviders], object]] = {
    ("GET", "/_sandbox"): show_summary,
    ("DELETE", "/_sandbox"): forget,
    ("GET", "/_sandbox/accepted"): show_accepted,
    ("GET", "/_sandbox/requests"): show_requests,
    ("POST", "/_sandbox/faults"): set_faults,
    ("POST", "/_sandbox/report"): write_report,
}


def _message(timeline: MessageTimeline) -> dict[str, Any]:
    message = timeline.message
    return {
        "provider": message.provider,
        "send_id": message.send_id,
        "provider_id": message.provider_id,
        "to": message.to,
        "from": message.sender,
        "accepted_at": message.accepted_at.isoformat() + "Z",
        "subject": message.subject,
        "body": message.body,
        "headers": message.headers,
        "custom_args": message.custom_args,
        "categories": list(message.categories),
        "callback": message.callback,
        "dropped": message.dropped,
    }


def _request(seen: Seen, with_body: bool) -> dict[str, Any]:
    request = seen.request
    shown = {
        "number": request.number,
        "at": request.at.isoformat() + "Z",
        "provider": seen.provider,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": request.headers,
        "has_key": bool(request.key),
        "client_port": request.client_port,
        "send_ids": seen.send_ids,
        "fault": seen.fault,
        "faulted": seen.faulted,
        "accepted": seen.is_accepted,
        "status": seen.status,
    }
    return shown | ({"body": (seen.body or b"").decode("utf-8", "replace")} if with_body else {})


def _json(status: int, content: object) -> Response:
    return Response(status, json.dumps(content).encode(), {"Content-Type": "application/json"})
