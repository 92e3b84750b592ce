"""Listen: take in what providers and people have said, settle sends in doubt, ring alarms.

Deployed as `collect-events/production`. It decides nothing and sends nothing, so it may run beside a tick.
"""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.events import emit_event
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, State

from stammis import alarms, intake, reconcile
from stammis.data_folder import build_lock
from stammis.messages import WarehouseError
from stammis.settings import Settings, read_settings


@flow(flow_run_name="collect events")
def collect_events(data: Path | None = None, landing: Path | None = None) -> State:
    """Take in new files unless a run is at it, and settle what can be settled."""
    settings = read_settings(data, landing)
    moment = (flow_run.scheduled_start_time or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    get_run_logger().info(take_in(settings, moment))
    found = reconcile.reconcile(settings)
    ringing = alarms.ringing(settings, moment)
    for alarm in alarms.not_rung_lately(settings, ringing, moment):
        emit_event(alarm.event, resource={"prefect.resource.id": "stammis.data"}, payload={"message": alarm.message})
    if found.left:
        return Failed(name="In doubt", message="; ".join([str(found), *(alarm.message for alarm in ringing)]))
    return Completed(message="; ".join([str(found), *(alarm.message for alarm in ringing)]))


def take_in(settings: Settings, moment: datetime) -> str:
    """What intake says; while a run builds, it takes the files in itself."""
    try:
        with build_lock(settings):
            return str(intake.take_in(settings, moment))
    except WarehouseError:
        return "a run is at work and takes the files in"


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--data", type=Path)
    words.add_argument("--landing", type=Path)
    collect_events(**vars(words.parse_args()), return_state=True)
