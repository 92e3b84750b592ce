"""Twilio's side of the sandbox: creates, lists and fetches Messages by Twilio's published rules."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from stammis.core.clock import read_moment, utc_now
from stammis.sandbox.state import Accepted, MessageTimeline, Response, SandboxRequest, SandboxState, Sending, links_in

PATH = re.compile(r"/2010-04-01/Accounts/(AC\w+)/Messages(?:/((?:SM|MM)\w+))?\.json")
E164 = re.compile(r"\+[1-9]\d{6,14}")
NAMED_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +&_-]{1,11}")
MAX_CHARACTERS = 1600
PARAMETERS = {
    "To",
    "StatusCallback",
    "ApplicationSid",
    "MaxPrice",
    "ProvideFeedback",
    "Attempt",
    "ValidityPeriod",
    "ForceDelivery",
    "ContentRetention",
    "AddressRetention",
    "SmartEncoded",
    "PersistentAction",
    "TrafficType",
    "ShortenUrls",
    "ScheduleType",
    "SendAt",
    "SendAsMms",
    "ContentVariables",
    "RiskCheck",
    "From",
    "MessagingServiceSid",
    "Body",
    "MediaUrl",
    "ContentSid",
}
# code -> (HTTP status, message); {} is what was given
CODES = {
    20001: (400, "Unknown parameters"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number: {}"),
    21212: (400, "Invalid From Number (caller ID): {}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21609: (400, "Invalid 'StatusCallback' argument: {}"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21624: (400, "Invalid validity period value"),
    21635: (400, "'To' number cannot be a landline"),
    30002: (403, "Account suspended"),
    30003: (400, "Unreachable destination handset"),
    30007: (400, "Message filtered"),
    60728: (400, "The account may not send to this destination"),
    63038: (429, "Account exceeded the daily messages limit"),
}
OF_STATUS = {401: 20003, 404: 20404, 405: 20004, 429: 20429, 500: 20500, 503: 20503}


def answer(request: SandboxRequest, state: SandboxState, keys: frozenset[str]) -> Response | Sending:
    """Answer a request as Twilio does; a valid create gives a Sending."""
    account, token = _basic(request.key)
    if not account or not token or (keys and token not in keys):
        return refusal(401)
    found = PATH.fullmatch(request.path)
    if not found or not account.startswith(("SK", found[1])):
        return refusal(404 if not found else 401)
    if found[2]:
        if request.method != "GET":
            return refusal(405)
        timeline = next(iter(state.by_provider_id.get(found[2], ())), None)
        return _json(200, as_json(timeline.message, found[1], *_status(timeline, state))) if timeline else refusal(404)
    if request.method == "GET":
        return list_messages(request, state, found[1])
    return create(request, state, found[1]) if request.method == "POST" else refusal(405)


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, packed = authorization.partition(" ")
    try:
        user, _, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, password) if scheme.lower() == "basic" else ("", "")


def refusal(status: int, code: str = "", given: str = "") -> Response:
    """Twilio's own error JSON, by its code or else by a status."""
    number = int(code or OF_STATUS.get(status, 20001))
    real_status, text = CODES[number]
    return _json(
        real_status if code else status,
        {
            "code": number,
            "message": text.format(given),
            "more_info": f"https://www.twilio.com/docs/errors/{number}",
            "status": real_status if code else status,
        },
    )


def create(request: SandboxRequest, state: SandboxState, account: str) -> Response | Sending:
    """Create one message, or refuse it with Twilio's first complaint."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        return refusal(0, "21604")  # it finds no form in it
    given = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(given)
    complaint = next(complaints(form, [name for name, _ in given]), None)
    if complaint:
        return refusal(0, str(complaint[0]), complaint[1])
    if state.refusal("twilio", form["To"]):
        return refusal(0, "21610")
    callback = form.get("StatusCallback", "")
    message = Accepted(
        "twilio",
        dict(parse_qsl(urlsplit(callback).query)).get("send_id", ""),
        "SM" + state.new_id(request),
        form["To"],
        form.get("From", "") or form["MessagingServiceSid"],
        state.now(),
        utc_now(),
        form["Body"],
        links=links_in(form["Body"]),
        callback=callback,
    )
    return Sending([message], _json(201, as_json(message, account, "queued")))


def complaints(form: dict[str, str], names: list[str]) -> Iterator[tuple[int, str]]:
    """Yield (code, value given) of each rule that is broken; Twilio reports the first."""
    if unknown := sorted(set(names) - PARAMETERS) or sorted({name for name in names if names.count(name) > 1}):
        yield 20001, unknown[0]
    if not form.get("To"):
        yield 21604, ""
    elif not E164.fullmatch(form["To"]):
        yield 21211, form["To"]
    sender, service = form.get("From", ""), form.get("MessagingServiceSid", "")
    if not sender and not service:
        yield 21603, ""
    elif sender and not (E164.fullmatch(sender) or NAMED_SENDER.fullmatch(sender) or re.fullmatch(r"\d{5,6}", sender)):
        yield 21212, sender
    elif not sender and not re.fullmatch(r"MG[0-9a-fA-F]{32}", service):
        yield 21603, ""
    if not form.get("Body", "").strip():
        yield 21602, ""
    elif len(form["Body"]) > MAX_CHARACTERS:
        yield 21617, ""
    callback = urlsplit(form.get("StatusCallback", ""))
    if "StatusCallback" in form and (callback.scheme not in ("http", "https") or not callback.hostname):
        yield 21609, form["StatusCallback"]
    validity = form.get("ValidityPeriod", "1")
    if not validity.isdigit() or not 1 <= int(validity) <= 36_000:
        yield 21624, ""


def _status(timeline: MessageTimeline, state: SandboxState) -> tuple[str, int | None]:
    """The last of queued, sent, delivered or undelivered by the sandbox's clock, with its error code."""
    now = state.now()
    known = [each for each in timeline.events if each.at <= now and each.what in ("sent", "delivered", "undelivered")]
    code = known[-1].details.get("code") if known else None
    return known[-1].what if known else "queued", int(code) if code else None


def as_json(message: Accepted, account: str, status: str, code: int | None = None) -> dict[str, Any]:
    """The message as Twilio's API shows it: without a date of sending while it is queued.

    num_segments is 0 with a service; nobody should rely on it.
    """
    at = f"{message.wall_at:%a, %d %b %Y %H:%M:%S} +0000"
    is_service = message.sender.startswith("MG")
    uri = f"/2010-04-01/Accounts/{account}/Messages/{message.provider_id}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": at,
        "date_sent": None if status == "queued" else at,
        "date_updated": at,
        "direction": "outbound-api",
        "error_code": code,
        "error_message": None,
        "from": None if is_service else message.sender,
        "messaging_service_sid": message.sender if is_service else None,
        "num_media": "0",
        "num_segments": "0" if is_service else "1",
        "price": None,
        "price_unit": "USD",
        "sid": message.provider_id,
        "status": status,
        "to": message.to,
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


def list_messages(request: SandboxRequest, state: SandboxState, account: str) -> Response:
    """Newest first; To, From, DateSent with `>` or `<` (inclusive, whole seconds), PageSize and Page."""
    asked = request.query
    try:
        since = _day_or_moment(asked.get("DateSent>") or asked.get("DateSent"))
        until = _day_or_moment(asked.get("DateSent<"), ends=True) or _day_or_moment(asked.get("DateSent"), ends=True)
        size, page = min(int(asked.get("PageSize", 50)), 1000), int(asked.get("Page", 0))
    except ValueError:
        return refusal(400)
    with state.lock:
        texts = [timeline for timeline in state.timelines if timeline.message.provider == "twilio"]

    def is_asked_for(timeline: MessageTimeline) -> bool:
        message, at = timeline.message, timeline.message.wall_at.replace(microsecond=0)
        is_them = asked.get("To", message.to) == message.to and asked.get("From", message.sender) == message.sender
        is_then = (since or at) <= at <= (until or at)
        # what is queued has no date of sending
        return is_them and is_then and not ((since or until) and _status(timeline, state)[0] == "queued")

    found = [timeline for timeline in reversed(texts) if is_asked_for(timeline)]
    shown = found[page * size : (page + 1) * size]

    def uri(number: int) -> str:
        return f"{request.path}?{urlencode(asked | {'PageSize': size, 'Page': number})}"

    return _json(
        200,
        {
            "messages": [as_json(timeline.message, account, *_status(timeline, state)) for timeline in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(shown) - 1, 0),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "next_page_uri": uri(page + 1) if len(found) > (page + 1) * size else None,
            "previous_page_uri": uri(page - 1) if page else None,
        },
    )


def _day_or_moment(text: str | None, ends: bool = False) -> datetime | None:
    """2025-12-10 or 2025-12-10T10:00:00Z as naive UTC; a day as its first second, or its last."""
    if not text:
        return None
    at = read_moment(text)
    return at + timedelta(days=1, seconds=-1) if ends and len(text) == 10 else at


def _json(status: int, content: object) -> Response:
    return Response(status, json.dumps(content).encode(), {"Content-Type": "application/json"})
