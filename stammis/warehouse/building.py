"""Build the models: in a tick what dbt compiled is executed, and where dbt is asked for, it builds itself."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from stammis.core.errors import WarehouseError
from stammis.core.files import write_whole
from stammis.core.settings import Settings
from stammis.core.types import Node
from stammis.warehouse import containment, dbt_runner, fingerprints
from stammis.warehouse.connection import open_warehouse
from stammis.warehouse.dbt_runner import Dbt
from stammis.warehouse.executor import execute
from stammis.warehouse.project import lineage_of

# A run asks what is true: unit tests ask what a rule means, and an exposure says who reads what.
OF_A_RUN = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure")
OF_UNIT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "exposure")
SELECTED = {1: ("--exclude", "tag:phase_2"), 2: ("--select", "tag:phase_2")}
Variables = Mapping[str, Any]
OnNode = Callable[[int, int], None]


def build_people_and_audiences(
    settings: Settings, variables: Variables, dbt: Dbt | None = None, on_node: OnNode = lambda *_: None
) -> list[Node]:
    """Build everything up to the audiences (phase 1). A node that fails skips only its descendants."""
    return _build(settings, variables, 1, dbt, on_node)


def build_outbox(
    settings: Settings, variables: Variables, dbt: Dbt | None = None, on_node: OnNode = lambda *_: None
) -> list[Node]:
    """Build candidates, verdicts and outbox (phase 2)."""
    return _build(settings, variables, 2, dbt, on_node)


def run_unit_tests(settings: Settings, variables: Variables) -> list[Node]:
    """Run dbt's unit tests. They check the rules on made-up rows, not on today's data."""
    return _through_dbt(settings, variables, dbt_runner.plain_dbt(), [*OF_UNIT_TESTS])


def lineage(settings: Settings) -> dict[str, Any]:
    """Of the last build, each node with what it stands on and means, and who stands on it; empty before the first."""
    kept = settings.data / "dbt" / "lineage.json"
    return dict(json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else {"nodes": {}, "child_map": {}}


def _build(settings: Settings, variables: Variables, phase: int, dbt: Dbt | None, on_node: OnNode) -> list[Node]:
    """Build one phase; a journey whose models keep dbt from reading the project is left out and comes as an error."""
    left_out: dict[str, str] = {}
    while True:
        own_settings, own_variables = (
            containment.without(settings, variables, set(left_out)) if left_out else (settings, variables)
        )
        try:
            nodes = _build_all(own_settings, own_variables, phase, dbt, on_node)
            return [*nodes, *(containment.held_back(left_out) if phase == 1 else ())]
        except WarehouseError as error:
            blamed = containment.blamed(settings, str(error)) - set(left_out)
            if not blamed:
                raise
            left_out |= dict.fromkeys(blamed, str(error))


def _build_all(settings: Settings, variables: Variables, phase: int, dbt: Dbt | None, on_node: OnNode) -> list[Node]:
    if dbt is None:
        project = dbt_runner.compile_project(settings, variables)
        if not project.refusal:
            if phase == 1:  # the second reads the same project
                _keep(settings, variables, project.lineage)
            with open_warehouse(settings) as warehouse:
                warehouse.execute("set preserve_insertion_order = false")  # as profiles.yml says
                steps = [step for step in project.steps if step.phase == phase]
                return execute(warehouse, project, steps, on_node)
        if containment.blamed(settings, project.refusal):
            raise WarehouseError(project.refusal)
    return _through_dbt(settings, variables, dbt or dbt_runner.plain_dbt(), [*SELECTED[phase], *OF_A_RUN])


def _through_dbt(settings: Settings, variables: Variables, dbt: Dbt, selection: list[str]) -> list[Node]:
    with open_warehouse(settings) as warehouse:
        fingerprints.forget(warehouse)  # dbt writes tables and keeps no record of what they were made of
    nodes = dbt_runner.build(settings, dbt, variables, selection)
    manifest = json.loads((settings.data / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    _keep(settings, variables, lineage_of(manifest))
    return nodes


def _keep(settings: Settings, variables: Variables, lineage: Mapping[str, Any]) -> None:
    """For whoever asks after the build: its lineage, and its variables for `stammis dbt`."""
    write_whole(settings.data / "dbt" / "lineage.json", json.dumps(lineage))
    write_whole(settings.data / "dbt" / "vars.json", json.dumps(variables))
