"""Listen: take in what providers and people have said, settle sends in doubt, raise alerts.

Deployed as `collect-events/collect-events`. It decides nothing and sends nothing, so it may run beside a tick.
"""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.events import emit_event
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, State

from stammis import intake
from stammis.core.clock import naive_utc
from stammis.core.errors import StammisError, WarehouseError
from stammis.core.settings import Settings, read_settings
from stammis.delivery import reconcile
from stammis.ledger import Doubt
from stammis.privacy import erasure
from stammis.run import alerts
from stammis.warehouse import build_lock


@flow(flow_run_name="collect events")
def collect_events(data: Path | None = None, landing: Path | None = None) -> State:
    """Take in new files unless a run is at it, and settle what can be settled. What stays open is an artifact.

    Args:
        data: The data folder; empty is the worker's.
        landing: The exports' folder; empty is the worker's.
    """
    moment = naive_utc(flow_run.scheduled_start_time or datetime.now(UTC))
    try:
        settings = read_settings(data, landing)
        taken_in = ingest(settings, moment)
        found = reconcile.reconcile(settings)
    except StammisError as error:
        return Failed(name="Refused", message=str(error))
    found_alerts = alerts.find_alerts(settings, moment)
    for alert in alerts.not_raised_lately(settings, found_alerts, moment):
        emit_event(alert.event, resource={"prefect.resource.id": "stammis.data"}, payload={"message": alert.message})
    said = "; ".join([str(found), *(alert.message for alert in found_alerts), taken_in])
    if not found.left:
        return Completed(message=said)
    rows = [row_of(doubt) for doubt in found.left]
    create_table_artifact(rows, key="doubts", description="Sends in doubt: look them up, then settle-doubt")
    return Failed(name="In doubt", message=f"{len(rows)} in doubt, listed in the artifact doubts: settle-doubt. {said}")


def row_of(doubt: Doubt) -> dict[str, str]:
    """What somebody needs to find a send in the provider's log; no address. What fits a narrow page comes first."""
    return {
        "message_id": doubt.message_id,
        "begun (UTC)": f"{doubt.intended_at:%Y-%m-%d %H:%M:%S}",
        "channel": doubt.channel,
        "customer_id": doubt.customer_id,
        "journey": doubt.journey,
        "step": doubt.step,
    }


def ingest(settings: Settings, moment: datetime) -> str:
    """What intake says; while a run builds, it takes the files in itself."""
    try:
        with build_lock(settings):
            erasure.finish_open(settings)
            return str(intake.ingest(settings, moment))
    except WarehouseError:
        return "a run is at work and takes the files in"


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--data", type=Path)
    words.add_argument("--landing", type=Path)
    collect_events(**vars(words.parse_args()), return_state=True)
