"""Settles sends in doubt: first by events that came back, then by asking providers. The rest is for a person.

An event about a send proves that the provider has it. A missing event proves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stammis.core.damage import ARROW, named_damage
from stammis.core.settings import Settings
from stammis.core.types import Outcome
from stammis.core.yaml_files import YamlFault
from stammis.delivery.delivery import look_up_doubts, open_delivery
from stammis.ledger import Doubt, Ledger, open_ledger

# where the providers' own reports land, and which column is their name for the send
REPORTS = (("sendgrid", "events", "sg_message_id"), ("twilio", "statuses", "message_sid"))


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Counts of doubts settled by an event and by a look-up, and those still open. `unasked`: why nobody was asked."""

    by_event: int
    by_look_up: int
    left: Sequence[Doubt]
    unasked: str = ""

    def __str__(self) -> str:
        settled = f"{self.by_event} doubts settled by events, {self.by_look_up} by looking up"
        said = f"{settled}; {len(self.left)} left" if self.by_event or self.by_look_up or self.left else "no doubts"
        return f"{said}; no provider was asked: {self.unasked}" if self.unasked else said


def reconcile(settings: Settings) -> Reconciled:
    """Settle what events and providers can tell. Safe at any time, also beside a run."""
    if not has_doubts(settings):  # which is nearly always, and costs neither templates nor SDKs
        return Reconciled(0, 0, ())
    with open_ledger(settings) as ledger:
        by_event = settle_by_events(settings, ledger)
        left = ledger.doubts()
    try:
        with open_delivery(settings) as (ledger, channels, read_due, render):
            by_look_up = look_up_doubts(ledger, channels, read_due, render)
            return Reconciled(by_event, by_look_up, ledger.doubts())
    except YamlFault as fault:  # a doubt can wait; the run that follows holds every journey by the same fault
        return Reconciled(by_event, 0, left, str(fault))


def has_doubts(settings: Settings) -> bool:
    if not settings.ledger.exists():
        return False
    with open_ledger(settings) as ledger:
        ledger.recover()
        return bool(ledger.doubts())


def settle_by_events(settings: Settings, ledger: Ledger) -> int:
    """Settle as accepted each doubt that an event is about; returns how many."""
    ledger.recover()
    waiting = {doubt.send_id: doubt.message_id for doubt in ledger.doubts()}
    heard = _heard_of(settings, list(waiting)) if waiting else {}
    outcomes = [
        Outcome(waiting[send_id], "accepted", "event", provider_id) for send_id, provider_id in sorted(heard.items())
    ]
    return ledger.settle_doubts(outcomes) if outcomes else 0


def _heard_of(settings: Settings, send_ids: Sequence[str]) -> dict[str, str | None]:
    """send_id -> provider id, of those doubts that an ingested event is about."""
    heard: dict[str, str | None] = {}
    for source, entity, provider_id in REPORTS:
        for file in sorted((settings.intake / source / entity).glob("*.parquet")):
            with named_damage(settings.data, *ARROW):
                heard |= _heard_in(file, provider_id, send_ids)
    return heard


def _heard_in(file: Path, provider_id: str, send_ids: Sequence[str]) -> dict[str, str | None]:
    from pyarrow import parquet as pq  # takes longer to import than a run without doubts needs to end

    if not {"send_id", provider_id} <= set(pq.read_schema(file).names):
        return {}
    found = pq.read_table(file, columns=["send_id", provider_id], filters=[("send_id", "in", send_ids)])
    return {row["send_id"]: row[provider_id] for row in found.to_pylist()}
