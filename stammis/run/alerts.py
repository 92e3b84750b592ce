"""What somebody must know although no run failed. A flow emits Prefect events; automations send them to people."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stammis.core.damage import read_json
from stammis.core.files import write_whole
from stammis.core.settings import Settings
from stammis.ledger import LedgerReader
from stammis.warehouse import published

DOUBTS_MAY_LAST = timedelta(hours=2)
RAISED_AGAIN_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Alert:
    """`event` is what an automation listens for; `message` holds counts only."""

    event: str
    message: str


OLD_DOUBTS = "stammis.doubts.old"
BOUNCES = "stammis.bounces.high"
COMPLAINTS = "stammis.complaints.high"


def find_alerts(settings: Settings, wall: datetime) -> list[Alert]:
    """Alerts for doubts older than two hours, and for too many bounces or complaints. `wall` is naive UTC."""
    alerts = []
    if settings.ledger.exists():
        with LedgerReader(settings.ledger) as ledger:
            old = [doubt for doubt in ledger.doubts() if wall - doubt.intended_at > DOUBTS_MAY_LAST]
        if old:
            alerts.append(Alert(OLD_DOUBTS, f"{len(old)} sends are in doubt for more than two hours: settle-doubt"))
    if (settings.published / "current").exists() and published.has_table(settings, "delivery_health"):
        for row in published.rows(settings, "select * from {delivery_health}"):
            of_all = f"of {row['message_count']} messages by {row['channel']}"
            if row["is_bouncing"]:
                alerts.append(Alert(BOUNCES, f"{row['bounce_count']} {of_all} bounced"))
            if row["is_complained_about"]:
                alerts.append(Alert(COMPLAINTS, f"{row['complaint_count']} {of_all} were called spam"))
    return alerts


def not_raised_lately(settings: Settings, alerts: Sequence[Alert], wall: datetime) -> list[Alert]:
    """Alerts that were not raised in the last six hours; from now on they count as raised."""
    note = settings.data / "alerts_raised.json"
    raised = read_json(settings.data, note.name) if note.exists() else {}
    latest = {event: datetime.fromisoformat(moment) for event, moment in raised.items()}
    new = [each for each in alerts if each.event not in latest or wall - latest[each.event] > RAISED_AGAIN_AFTER]
    if new:
        write_whole(note, json.dumps(raised | {each.event: wall.isoformat() for each in new}))
    return new
