"""Build, validate, send what is due.

Deployed as `send-due/send-due` (prefect.yaml). Safe to rerun at any point: what was meant to be sent is in the
ledger, and has left the outbox.
"""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, State

from stammis import warehouse
from stammis.core.clock import check_not_far_ahead
from stammis.core.errors import StammisError
from stammis.core.settings import read_settings
from stammis.run import cycle as cycles
from stammis.run import report
from stammis.warehouse import build_lock


def decide_moment(as_of: datetime | None) -> datetime:
    """The moment to decide for: the one asked for, else when this run was meant to start."""
    moment = as_of or flow_run.scheduled_start_time or datetime.now(UTC)
    return moment.astimezone(UTC).replace(microsecond=0)


def name_run() -> str:
    """Short, so that a list of runs in a terminal keeps room for their states."""
    return f"send due {decide_moment(flow_run.parameters.get('as_of')):%Y-%m-%d %H:%M} UTC"


@flow(flow_run_name=name_run)
def send_due(
    as_of: datetime | None = None,
    data: Path | None = None,
    landing: Path | None = None,
    show_models: bool = False,
) -> State:
    """Build, validate, send: never the third without the first two.

    Args:
        as_of: The moment to decide for; empty is when this run was scheduled.
        data: The data folder; empty is the worker's.
        landing: The exports' folder; empty is the worker's.
        show_models: A task also for every model, seed and check.
    """
    try:
        cycle = cycles.Cycle(read_settings(data, landing), decide_moment(as_of).replace(tzinfo=None))
        check_not_far_ahead(cycle.as_of)
        cycle.dbt = show_each_model(cycle.settings.dbt_project) if show_models else None
        with build_lock(cycle.settings):
            for name, phase in () if cycle.ends_early() else cycles.PHASES:
                run_phase(name, phase, cycle)
    except StammisError as error:
        return Failed(name="Refused", message=str(error))
    if cycle.holds:
        rename_run(f"{name_run()}: {report.held_in_short(cycle.holds)}")
    create_markdown_artifact(report.as_markdown(cycle), key="send-due", description="Who was due, and why not")
    ending = report.ending(cycle)
    return (Completed if ending.is_good else Failed)(name=ending.name, message=ending.message)


def rename_run(name: str) -> None:
    """Say in the heading, and in every list of runs, what only the state's message would say."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(flow_run.id), name=name)


def run_phase(name: str, phase: cycles.Phase, cycle: cycles.Cycle) -> None:
    """Run one phase as one task. What it says goes to the log, counts only; a phase that holds a journey is red.

    Raises StammisError where the phase does.
    """

    @task(name=name, task_run_name=name, cache_policy=NO_CACHE)
    def wrapped() -> State | None:
        before = list(cycle.holds)
        try:
            get_run_logger().info(phase(cycle))
        except StammisError as error:
            return Failed(name="Refused", message=str(error))
        new = [hold for hold in cycle.holds if hold not in before]
        return Failed(name="Held", message=report.held(new)) if new else None

    state = wrapped(return_state=True)
    if state.name == "Refused":
        raise StammisError(state.message)
    if state.name != "Held":  # the others go on: what was raised is raised here
        state.result()


def show_each_model(project: Path) -> warehouse.Dbt:
    """dbt with a task for every model, seed and check; for a tick every quarter of an hour that is too many."""
    from prefect_dbt import PrefectDbtRunner, PrefectDbtSettings

    settings = PrefectDbtSettings(project_dir=project, profiles_dir=project)
    return PrefectDbtRunner(settings=settings, raise_on_failure=False).invoke


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--as-of", type=datetime.fromisoformat)
    words.add_argument("--data", type=Path)
    words.add_argument("--landing", type=Path)
    words.add_argument("--show-models", action="store_true")
    send_due(**vars(words.parse_args()), return_state=True)
