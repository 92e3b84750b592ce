"""Twilio's calls: an SMS that somebody wrote to us, or what became of one of ours. One form each.

A form may gain fields at any time: all are landed, those that are known are read. Neither kind says when it happened,
so the moment of the call stands for it.
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from stammis.channels.event_rows import EventRow, event_row
from stammis.core.errors import InputError

INBOUND, STATUSES = "twilio/inbound", "twilio/statuses"
ARRIVING = ("received", "receiving", "")


def read_call(body: bytes, received_at: datetime, query: str = "") -> EventRow:
    """The row of one call. `query`: of the address that was called, for a status callback carries our send id there.

    `received_at`: when the call came, naive UTC. Raises InputError for what is no form of Twilio's.
    """
    try:
        form = dict(parse_qsl(body.decode("ascii").strip(), keep_blank_values=True, errors="strict"))
    except ValueError:
        raise InputError("this is not a form, so no call of Twilio's") from None
    if "MessageSid" not in form:
        raise InputError("this form has no MessageSid, so it is no call of Twilio's")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    return call_row(form, received_at, parameters)


def call_row(form: Mapping[str, str], received_at: datetime, query: Mapping[str, str]) -> EventRow:
    """The row of a call whose form is read already."""
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    table = INBOUND if "Body" in form and status.lower() in ARRIVING else STATUSES
    moment = {"received_at": f"{received_at:%Y-%m-%dT%H:%M:%SZ}"}
    return event_row(table, {**moment, **({"query": dict(query)} if query else {}), "form": dict(form)})
