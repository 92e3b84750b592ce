"""Writes what happened to accepted messages into landing, in the formats of the providers and the shop."""

import csv
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from stammis.channels import sendgrid_events, twilio_events
from stammis.channels.event_rows import event_row
from stammis.core.files import write_whole
from stammis.demo.names import SHOP_NUMBER
from stammis.sandbox.sendgrid import message_id_of
from stammis.sandbox.shop_orders import HEADER, order_rows
from stammis.sandbox.state import MessageTimeline, SandboxState, SimulatedEvent

Reported = tuple[MessageTimeline, SimulatedEvent]
ACCOUNT = "AC00000000000000000000000000000000"
COUNTRIES = {"+46": "SE", "+47": "NO", "+45": "DK", "+358": "FI", "+44": "GB"}
USER_AGENT = "Mozilla/5.0"
PROXY = "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"


def report(state: SandboxState, landing: Path, until: datetime) -> dict[str, int]:
    """Write what happened until then (naive UTC) and was not reported yet; returns {file within landing: rows}.

    Files appear whole. Nothing is reported twice, and the clock moves on to `until`.
    """
    state.move_on(until)
    with state.lock:
        timelines = list(state.timelines)
    news = [
        (timeline, [each for each in timeline.events[timeline.reported_count :] if each.at <= until])
        for timeline in timelines
    ]
    reported = [(timeline, each) for timeline, new_events in news for each in new_events]
    reported.sort(key=lambda pair: (pair[1].at, pair[0].message.provider_id, pair[1].what))
    written: dict[Path, Sequence[str]] = {}
    for name, write in FILES.items():
        lines = write(reported, state)
        if lines:
            written[_free(landing / name.format(f"{until:%Y-%m-%dT%H-%M-%SZ}"))] = lines
    for target, text in written.items():
        write_whole(target, "".join(f"{line}\n" for line in text))
    for timeline, new_events in news:
        timeline.reported_count += len(new_events)
    return {
        target.relative_to(landing).as_posix(): len(lines) - (target.suffix == ".csv")
        for target, lines in written.items()
    }


def _free(target: Path) -> Path:
    """The path, with a number if it exists: a landed file is never overwritten."""
    number, free = 1, target
    while free.exists():
        number += 1
        free = target.with_stem(f"{target.stem}_{number}")
    return free


# ---------------------------------------------------------------------------- one function a file


def events(reported: Sequence[Reported], state: SandboxState) -> list[str]:
    """SendGrid's event webhook, an event a line; custom args stand at the top, as SendGrid puts them."""
    return [
        event_row(sendgrid_events.TABLE, _event(timeline, each, state.seed)).line
        for timeline, each in reported
        if timeline.message.provider == "sendgrid" and each.what not in ("order", "parcel")
    ]


def _event(timeline: MessageTimeline, each: SimulatedEvent, seed: int) -> dict[str, object]:
    message = timeline.message
    is_machine = each.details.get("sg_machine_open", False)
    row = {
        "email": message.to,
        "timestamp": int(each.at.replace(tzinfo=UTC).timestamp()),
        "smtp-id": f"<{message.provider_id[:16]}@geopod-ismtpd-1>",
        "event": each.what,
        "category": list(message.categories),
        "sg_event_id": _digest(seed, message.provider_id, each.what, is_machine)[:22],
        "sg_message_id": message_id_of(message),
        **message.custom_args,
        **each.details,
    }
    if each.what in ("open", "click"):
        row |= {"useragent": PROXY if is_machine else USER_AGENT, "ip": "203.0.113.9"}
    return row


def statuses(reported: Sequence[Reported], state: SandboxState) -> list[str]:
    """Twilio's status callbacks, one a line, for messages that asked for them."""
    rows = []
    for timeline, each in reported:
        message = timeline.message
        if not message.callback or each.what not in ("sent", "delivered", "undelivered"):
            continue
        form = _form(message.provider_id) | {
            "MessageStatus": each.what,
            "SmsStatus": each.what,
            "To": message.to,
            "From": message.sender,
        }
        if each.what == "delivered":
            form["RawDlrDoneDate"] = f"{each.at:%y%m%d%H%M}"
        if code := each.details.get("code"):
            form["ErrorCode"] = code
        query = dict(parse_qsl(urlsplit(message.callback).query))
        rows.append(twilio_events.call_row(form, each.at, query).line)
    return rows


def inbound(reported: Sequence[Reported], state: SandboxState) -> list[str]:
    """People's replies by SMS, as Twilio reports them."""
    rows = []
    for timeline, each in reported:
        if each.what != "reply":
            continue
        message, body = timeline.message, each.details["body"]
        country = next((code for dial, code in COUNTRIES.items() if message.to.startswith(dial)), "")
        form = _form("SM" + _digest(state.seed, message.provider_id, "reply")) | {
            "SmsStatus": "received",
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "From": message.to,
            "FromCountry": country,
            "FromCity": "",
            "FromState": "",
            "FromZip": "",
            "To": message.sender if message.sender.startswith("+") else SHOP_NUMBER,
            "ToCountry": "SE",
        }
        if not message.sender.startswith("+"):
            form["MessagingServiceSid"] = message.sender
        if body.upper() == "STOP":
            form["OptOutType"] = "STOP"  # Twilio has answered already
        rows.append(twilio_events.call_row(form, each.at, {}).line)
    return rows


def orders(reported: Sequence[Reported], state: SandboxState) -> list[str]:
    """The shop's export of the orders that are new or have left since; each once, in its latest state."""
    # by what decides the order: whoever got one message twice still buys once
    latest = {
        timeline.message.draws_by: (timeline, each) for timeline, each in reported if each.what in ("order", "parcel")
    }
    rows = [
        row for timeline, each in latest.values() for row in order_rows(timeline, state.seed, each.what == "parcel")
    ]
    out = StringIO()
    writer = csv.DictWriter(out, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().splitlines() if rows else []


FILES: dict[str, Callable[[Sequence[Reported], SandboxState], list[str]]] = {
    "sendgrid/events_{}.jsonl": events,
    "twilio/statuses_{}.jsonl": statuses,
    "twilio/inbound_{}.jsonl": inbound,
    "shopify/orders_export_{}.csv": orders,
}


def _form(sid: str) -> dict[str, str]:
    return {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01"}


def _digest(*words: object) -> str:
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()[:32]
