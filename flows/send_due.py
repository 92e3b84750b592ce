"""Build, look over, send what is due.

Deployed as `send-due/production`. Safe to rerun at any point: what was meant to be sent is in the
ledger, and has left the outbox.
"""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, State

from stammis import cycle as cycles
from stammis.settings import read_settings


@flow(flow_run_name="send due {as_of}")
def send_due(as_of: datetime | None = None, data: Path | None = None, landing: Path | None = None) -> State:
    """Build, look over, send: never the third without the first two."""
    moment = as_of or flow_run.scheduled_start_time or datetime.now(UTC)
    cycle = cycles.Cycle(read_settings(data, landing), moment.astimezone(UTC).replace(tzinfo=None))
    with cycles.build_lock(cycle.settings):
        for name, phase in cycles.PHASES:
            run_phase(name, phase, cycle)
    create_markdown_artifact(cycles.as_markdown(cycle), key="send-due", description="Who was due, and why not")
    ending = cycles.ending(cycle)
    return (Completed if ending.is_good else Failed)(name=ending.name, message=ending.message)


def run_phase(name: str, phase: cycles.Phase, cycle: cycles.Cycle) -> None:
    """One phase as one task; what it says goes to the log, counts only."""

    @task(name=name, task_run_name=name, cache_policy=NO_CACHE)
    def wrapped() -> None:
        get_run_logger().info(phase(cycle))

    wrapped()


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--as-of", type=datetime.fromisoformat)
    words.add_argument("--data", type=Path)
    words.add_argument("--landing", type=Path)
    send_due(**vars(words.parse_args()), return_state=True)
