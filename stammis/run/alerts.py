"""What somebody must hear of although no run failed. A flow tells Prefect, whose automations tell people."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stammis.core.files import write_whole
from stammis.core.settings import Settings
from stammis.ledger import LedgerReader
from stammis.warehouse import published

DOUBTS_MAY_LAST = timedelta(hours=2)
RINGS_AGAIN_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Alarm:
    """`event` is what an automation listens for; `message` holds counts only."""

    event: str
    message: str


OLD_DOUBTS = "stammis.doubts.old"
BOUNCES = "stammis.bounces.high"
COMPLAINTS = "stammis.complaints.high"


def ringing(settings: Settings, wall: datetime) -> list[Alarm]:
    """The alarms of this moment: doubts older than two hours, and e-mail that comes back. `wall` is naive UTC."""
    alarms = []
    if settings.ledger.exists():
        with LedgerReader(settings.ledger) as ledger:
            old = [doubt for doubt in ledger.doubts() if wall - doubt.intended_at > DOUBTS_MAY_LAST]
        if old:
            alarms.append(Alarm(OLD_DOUBTS, f"{len(old)} sends are in doubt for more than two hours: settle-doubt"))
    if (settings.published / "current").exists() and published.has_table(settings, "delivery_health"):
        for row in published.rows(settings, "select * from {delivery_health}"):
            of_all = f"of {row['message_count']} messages by {row['channel']}"
            if row["is_bouncing"]:
                alarms.append(Alarm(BOUNCES, f"{row['bounce_count']} {of_all} bounced"))
            if row["is_complained_about"]:
                alarms.append(Alarm(COMPLAINTS, f"{row['complaint_count']} {of_all} were called spam"))
    return alarms


def not_rung_lately(settings: Settings, alarms: Sequence[Alarm], wall: datetime) -> list[Alarm]:
    """Those that have not rung for six hours; they count as rung now."""
    note = settings.data / "alarms_rung.json"
    rung = json.loads(note.read_text()) if note.exists() else {}
    latest = {event: datetime.fromisoformat(moment) for event, moment in rung.items()}
    new = [each for each in alarms if each.event not in latest or wall - latest[each.event] > RINGS_AGAIN_AFTER]
    if new:
        write_whole(note, json.dumps(rung | {each.event: wall.isoformat() for each in new}))
    return new
