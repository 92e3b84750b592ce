"""The rows that calls become: one JSON object each, as the landing contracts read them."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EventRow:
    """`table`: where within the landing folder, such as `twilio/inbound`; `line`: one JSON object, without newline."""

    table: str
    line: str


def event_row(table: str, event: Any) -> EventRow:
    """Letters stay letters; a newline within a value is escaped, so that a row is a line."""
    return EventRow(table, json.dumps(event, ensure_ascii=False))
