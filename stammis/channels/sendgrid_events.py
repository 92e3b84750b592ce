"""SendGrid's event webhook: a JSON array of events, at least once and in any order.

Inbound Parse (a reply by e-mail, as multipart) is not read here.
"""

import json

from stammis.channels.event_rows import EventRow, event_row
from stammis.core.errors import InputError

TABLE = "sendgrid/events"


def read_events(body: bytes) -> list[EventRow]:
    """One row for each event, as it is told: intake quarantines a single bad one and says why.

    Raises InputError for what is no JSON array; the text quotes nothing of it.
    """
    try:
        events = json.loads(body)
    except ValueError:
        raise InputError("this is not JSON, so no call of SendGrid's event webhook") from None
    if not isinstance(events, list):
        raise InputError("this is not a JSON array, so no call of SendGrid's event webhook")
    return [event_row(TABLE, event) for event in events]
