"""Shows which messages of the demo the stand-ins accepted, and which events came back."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from stammis.channels.file import file_channels
from stammis.core.settings import Settings
from stammis.core.types import Message
from stammis.ledger import LedgerReader
from stammis.rendering.messages_page import write_page
from stammis.sandbox.sandbox import Sandbox
from stammis.warehouse import published

NEWS = (
    ("delivered", "delivered"),
    ("bounce", "bounced"),
    ("dropped", "dropped"),
    ("click", "clicks"),
    ("spamreport", "called spam"),
    ("unsubscribe", "unsubscribed"),
)


def show_messages(settings: Settings, sandbox: Sandbox) -> None:
    """Write the accepted messages as files, and the page that shows them."""
    with LedgerReader(settings.ledger) as ledger:
        columns = ("send_id", "message_id", "journey", "step", "customer_id", "channel", "address", "run_id")
        sent = {row[0]: dict(zip(columns, row, strict=True)) for row in ledger.all_messages(columns) if row[0]}
    locales = {
        row["message_id"]: row["locale"]
        for run_id in {row["run_id"] for row in sent.values()}
        for row in published.rows(settings, "select message_id, locale from {outbox}", run_id=run_id)
    }
    shown: dict[str, list[Message]] = {"email": [], "sms": []}
    for request in sandbox.requests(bodies=True):
        for send_id in request["send_ids"] if request["accepted"] and request["body"] else ():
            if about := sent.get(send_id):
                locale = locales.get(about["message_id"], "")
                shown[about["channel"]].append(_message(about, locale, request["body"]))
    for name, channel in file_channels(settings.messages).items():
        channel.send(shown[name])
    write_page(settings.messages)


def _message(about: Mapping[str, str], locale: str, body: str) -> Message:
    """Rebuild the message from its request."""
    names = ("message_id", "send_id", "journey", "step", "customer_id", "channel", "address")
    shared: dict[str, Any] = {name: about[name] for name in names}
    if about["channel"] == "sms":
        return Message(**shared, locale=locale, text=parse_qs(body)["Body"][0])
    mail = json.loads(body)
    parts = {part["type"]: part["value"] for part in mail["content"]}
    personal = mail["personalizations"][0]
    headers = {**mail.get("headers", {}), **personal.get("headers", {})}
    return Message(
        **shared,
        locale=locale,
        text=parts["text/plain"],
        html=parts.get("text/html"),
        headers=headers,
        subject=personal.get("subject") or mail["subject"],
    )


def what_came_back(settings: Settings, sandbox: Sandbox, until: datetime) -> str:
    """Let the sandbox report into landing what happened until then; returns a sentence with what is in the files."""
    files = sandbox.report(until)
    events: dict[str, int] = {}
    replies, stops, orders = 0, 0, 0
    for name, rows in files.items():
        path = settings.landing / name
        if name.startswith("sendgrid/"):
            for line in path.read_text().splitlines():
                event = json.loads(line)["event"]
                events[event] = events.get(event, 0) + 1
        elif name.startswith("twilio/inbound"):
            words = [line.upper() for line in path.read_text().splitlines()[-rows:]]
            stops += sum("STOP" in line or "SLUT" in line for line in words)
            replies += rows
        elif name.startswith("shopify/"):
            orders += rows
    said = [f"{events[event]} {words}" for event, words in NEWS if event in events]
    said += [f"{replies} answered by text, {stops} of them STOP"] if replies else []
    said += [f"{orders} orders"] if orders else []
    return ", ".join(said) or "nothing"


def what_it_changed(settings: Settings, before: str) -> str:
    """A sentence of what this run decides differently from the run `before`, because of what came back."""
    newly = f"""
        select latest.address from {{suppressions}} as latest
        where not exists (
            select 1 from {published.table_of(settings, before, "suppressions")} as known
            where known.address = latest.address and known.channel = latest.channel
        )
    """
    found = published.rows(
        settings,
        f"""
        select
            (select count(*) from ({newly})) as addresses,
            (select count(*) from {{outbox_candidates}} where (is_suppressed or is_without_consent)
                and customer_id in (select customer_id from {{identifiers}} where identifier in ({newly}))) as held,
            (select count(*) from {{journey_log_changes}} where kind = 'exited' and reason = 'goal_reached') as reached,
            (select count(*) from {{journey_log_changes}} where kind = 'exited' and reason = 'left_audience') as gone
        """,
    )[0]
    return (
        f"{found['addresses']} addresses more to leave alone, {found['held']} messages to them will not be sent; "
        f"{found['reached']} people did what we hoped for and {found['gone']} no longer belong: no reminder for them"
    )
