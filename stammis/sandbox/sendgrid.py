"""SendGrid's side of the sandbox: mail/send, the activity look-up, the suppression lists."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from stammis.core.clock import utc_now
from stammis.sandbox.mail_rules import MAX_BYTES, problems
from stammis.sandbox.state import (
    Accepted,
    MessageTimeline,
    Response,
    SandboxRequest,
    SandboxState,
    Sending,
    SimulatedEvent,
    links_in,
)

UNKNOWN_KEY = "The provided authorization grant is invalid, expired, or revoked"
WORDS = {
    401: UNKNOWN_KEY,
    403: "The from address does not match a verified Sender Identity.",
    404: "not found",
    405: "method not allowed",
    408: "request timeout",
    413: "content too large",
    415: "Content-Type should be application/json.",
    429: "too many requests",
    500: "internal server error",
    503: "service unavailable",
}
LISTS = {
    "/v3/suppression/bounces": "bounce",
    "/v3/suppression/blocks": "blocked",
    "/v3/suppression/spam_reports": "spamreport",
    "/v3/suppression/unsubscribes": "unsubscribe",
    "/v3/asm/suppressions/global": "unsubscribe",
}
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times here are naive UTC
TERM = re.compile(
    r"""\s*\(?\s*(?:unique_args\[['"](\w+)['"]\]|(\w+))\s*(=|\bLIKE\b)\s*(?:"([^"]*)"|'([^']*)')\s*\)?\s*"""
)
FIELDS: dict[str, Callable[[Accepted], str]] = {
    "msg_id": lambda message: message_id_of(message),
    "to_email": lambda message: message.to,
    "from_email": lambda message: message.sender,
    "subject": lambda message: message.subject,
    "categories": lambda message: " ".join(message.categories),
}


def answer(request: SandboxRequest, state: SandboxState, keys: frozenset[str]) -> Response | Sending:
    """Answer a request as SendGrid does; a valid mail/send gives a Sending."""
    scheme, _, key = request.key.partition(" ")
    if scheme.lower() != "bearer" or not key.strip() or (keys and key.strip() not in keys):
        return refusal(401)
    if request.path == "/v3/mail/send":
        return mail_send(request, state) if request.method == "POST" else refusal(405)
    if request.method != "GET":
        return refusal(405 if request.path in LISTS or request.path.startswith("/v3/messages") else 404)
    if request.path == "/v3/messages":
        return look_up(request, state)
    if request.path.startswith("/v3/messages/"):
        found = [
            timeline for timeline in state.timelines if message_id_of(timeline.message) == request.path.split("/", 3)[3]
        ]
        return _json(200, _activity(found[0], state) | _in_full(found[0], state)) if found else refusal(404)
    address = request.path.partition("/global/")[2]
    if address:
        out = {"recipient_email": address} if state.refusal("sendgrid", address.lower()) else {}
        return _json(200, out)
    return suppressions(request, state) if request.path in LISTS else refusal(404)


def refusal(status: int, code: str = "") -> Response:
    """SendGrid's own error JSON for a status."""
    return refused(status, [(WORDS.get(status, "Bad Request"), None)])


def refused(status: int, found: list[tuple[str, str | None]]) -> Response:
    """SendGrid's error JSON with the (message, field) of each problem."""
    return _json(status, {"errors": [{"message": text, "field": field, "help": None} for text, field in found]})


def mail_send(request: SandboxRequest, state: SandboxState) -> Response | Sending:
    """The mails of one request, or a refusal with its problems."""
    if len(request.body) > MAX_BYTES:
        return refusal(413)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return refusal(415)
    try:
        mail = json.loads(request.body)
    except ValueError:
        return refusal(400)
    if found := list(problems(mail, utc_now().timestamp())):
        return refused(400, found)
    mode = mail.get("mail_settings", {}).get("sandbox_mode")
    if isinstance(mode, dict) and mode.get("enable"):
        return Response(200)
    message_id = state.new_id(request)[:22]
    recipients = [(each, to) for each in mail["personalizations"] for to in each["to"]]
    messages = [_accepted(mail, *each, place, message_id, state) for place, each in enumerate(recipients)]
    return Sending(messages, Response(202, b"", {"X-Message-Id": message_id}))


def _accepted(
    mail: dict[str, Any], each: dict[str, Any], to: dict[str, str], place: int, message_id: str, state: SandboxState
) -> Accepted:
    parts = {part["type"]: part["value"] for part in mail["content"]}
    text = parts.get("text/plain") or parts.get("text/html", "")
    headers = {**mail.get("headers", {}), **each.get("headers", {})}
    return Accepted(
        "sendgrid",
        each.get("custom_args", {}).get("send_id", ""),
        f"{message_id}.{place}" if place else message_id,
        to["email"],
        each.get("from", mail["from"])["email"],
        state.now(),
        utc_now(),
        text,
        subject=each.get("subject") or mail["subject"],
        name=to.get("name", ""),
        links=links_in(text),
        headers={name.lower(): value for name, value in headers.items()},
        custom_args=each.get("custom_args", {}),
        categories=tuple(mail.get("categories", ())),
        dropped=state.refusal("sendgrid", to["email"].lower()),
    )


def message_id_of(message: Accepted) -> str:
    """`sg_message_id`: what X-Message-Id said, and a suffix."""
    message_id, _, place = message.provider_id.partition(".")
    return f"{message_id}.filterdrecv-p3mdw1-{place or 0}-0.0"


def so_far(timeline: MessageTimeline, state: SandboxState) -> list[SimulatedEvent]:
    """The events that have happened by now."""
    now = state.now()
    return [each for each in timeline.events if each.at <= now and each.what not in ("order", "parcel")]


def _activity(timeline: MessageTimeline, state: SandboxState) -> dict[str, Any]:
    message, known = timeline.message, so_far(timeline, state)
    said = [each.what for each in known]
    status = "delivered" if "delivered" in said else "not_delivered" if {"bounce", "dropped"} & {*said} else "processed"
    last = known[-1].at if known else message.accepted_at
    return {
        "from_email": message.sender,
        "msg_id": message_id_of(message),
        "subject": message.subject,
        "to_email": message.to,
        "status": status,
        "opens_count": said.count("open"),
        "clicks_count": said.count("click"),
        "last_event_time": f"{message.wall_at + (last - message.accepted_at):%Y-%m-%dT%H:%M:%SZ}",
    }


def _in_full(timeline: MessageTimeline, state: SandboxState) -> dict[str, Any]:
    offset = timeline.message.wall_at - timeline.message.accepted_at
    return {
        "unique_args": json.dumps(timeline.message.custom_args),
        "events": [
            {"event_name": each.what, "processed": f"{each.at + offset:%Y-%m-%dT%H:%M:%SZ}"}
            for each in so_far(timeline, state)
        ],
    }


def look_up(request: SandboxRequest, state: SandboxState) -> Response:
    """GET /v3/messages: `query` of terms joined by AND, such as (unique_args['send_id']="…") or msg_id LIKE "…%"."""
    limit = request.query.get("limit", "10")
    if not limit.isdigit() or not 1 <= int(limit) <= 1000:
        return refused(400, [("limit must be greater than 0 and less than or equal to 1000", "limit")])
    try:
        tests = list(_tests(request.query.get("query", "")))
    except ValueError as error:
        return refused(400, [(str(error), "query")])
    with state.lock:
        mails = [timeline for timeline in state.timelines if timeline.message.provider == "sendgrid"]
    found = [timeline for timeline in reversed(mails) if all(test(timeline.message) for test in tests)]
    return _json(200, {"messages": [_activity(timeline, state) for timeline in found[: int(limit)]]})


def _tests(query: str) -> Iterator[Callable[[Accepted], bool]]:
    if not query.strip():
        raise ValueError("query is required")
    for term in re.split(r"\bAND\b", query):
        found = TERM.fullmatch(term)
        if found is None:
            raise ValueError("invalid syntax: could not read the query")
        argument, field, operator, double, single = found.groups()
        if field and field not in FIELDS:
            raise ValueError(f"invalid syntax: '{field}' is not a known field")
        yield _test(argument, field, operator, double if double is not None else single)


def _test(argument: str, field: str, operator: str, value: str) -> Callable[[Accepted], bool]:
    pattern = re.compile(".*".join(map(re.escape, value.split("%"))) if operator == "LIKE" else re.escape(value))

    def holds(message: Accepted) -> bool:
        text = FIELDS[field](message) if field else message.custom_args.get(argument, "")
        return pattern.fullmatch(text) is not None

    return holds


def suppressions(request: SandboxRequest, state: SandboxState) -> Response:
    """One of the lists, oldest first: [{created (epoch), email, reason, status}]. Takes limit, offset and times."""
    rows: list[tuple[int, str, dict[str, Any]]] = []
    with state.lock:
        mails = [timeline for timeline in state.timelines if timeline.message.provider == "sendgrid"]
    for timeline in mails:
        for each in so_far(timeline, state):
            if LISTS[request.path] == each.details.get("type", each.what):
                at = timeline.message.wall_at + (each.at - timeline.message.accepted_at)
                more = {name: each.details[name] for name in ("reason", "status") if name in each.details}
                rows.append((int((at - EPOCH).total_seconds()), timeline.message.to, more))
    asked = {name: int(value) for name, value in request.query.items() if value.isdigit()}
    first, last, start = asked.get("start_time", 0), asked.get("end_time", 1 << 40), asked.get("offset", 0)
    found = [
        {"created": created, "email": email, **more}
        for created, email, more in sorted(rows, key=lambda row: row[:2])
        if first <= created <= last
    ]
    return _json(200, found[start : start + asked.get("limit", 500)])


def _json(status: int, content: object) -> Response:
    return Response(status, json.dumps(content).encode(), {"Content-Type": "application/json"})
