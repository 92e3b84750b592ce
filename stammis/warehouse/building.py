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
from stammis.warehouse.moments import Turn, next_turn
from stammis.warehouse.project import Project, lineage_of
from stammis.warehouse.project_files import copied, reads_elsewhere

# A run asks what is true: unit tests ask what a rule means, and an exposure says who reads what.
# (One option with two values: of an option given twice, Prefect's runner hands on the last.)
OF_A_RUN = ("--exclude-resource-type", "unit_test", "exposure")
OF_UNIT_TESTS = ("--exclude-resource-type", "test", "exposure")
SELECTED = {1: ("--exclude", "tag:phase_2"), 2: ("--select", "tag:phase_2")}
Variables = Mapping[str, Any]
OnNode = Callable[[int, int], None]


class Build:
    """The build of one run. Its two phases stand on the project as the first found it: people edit it meanwhile."""

    def __init__(self, settings: Settings, variables: Variables, dbt: Dbt | None = None) -> None:
        """`dbt`: what builds; without one, what dbt compiled is executed."""
        self._settings, self._variables, self._dbt = settings, variables, dbt
        self._settings_read, self._variables_read = settings, variables  # the project as phase 1 found it
        self._project: Project | None = None

    def people_and_audiences(self, on_node: OnNode = lambda *_: None) -> list[Node]:
        """Build everything up to the audiences (phase 1). A node that fails skips only its descendants.

        A journey whose models keep dbt from reading the project is left out and comes as an error.
        """
        left_out = containment.unreadable(self._settings)
        settings, variables = self._settings, self._variables
        while True:
            if left_out:
                settings, variables = containment.without(self._settings, self._variables, set(left_out))
            try:
                nodes = self._begin(settings, variables, on_node)
                return [*nodes, *containment.held_back(left_out)]
            except WarehouseError as error:
                blamed = containment.blamed(self._settings, str(error)) - set(left_out)
                if not blamed:
                    raise
                left_out |= dict.fromkeys(blamed, str(error))

    def outbox(self, on_node: OnNode = lambda *_: None) -> list[Node]:
        """Build candidates, verdicts and outbox (phase 2), of what phase 1 has built."""
        return self._phase(2, on_node)

    def next_turn(self) -> Turn | None:
        """The next moment at which a decision may turn by itself; None where that may be at any time."""
        if not self._project:
            return None  # dbt has built, and keeps no record
        with open_warehouse(self._settings) as warehouse:
            return next_turn(warehouse, self._project.steps)

    def _begin(self, settings: Settings, variables: Variables, on_node: OnNode) -> list[Node]:
        self._variables_read = variables
        if self._dbt is None:
            project = dbt_runner.compile_project(settings, variables)
            if not project.refusal:
                self._project = project
                _keep(settings, variables, project.lineage)
                return self._phase(1, on_node)
            if containment.blamed(settings, project.refusal):
                raise WarehouseError(project.refusal)
        is_own = settings is self._settings and not reads_elsewhere(settings.dbt_project)
        self._settings_read = copied(settings, settings.data / "dbt" / "project") if is_own else settings
        return self._phase(1, on_node)

    def _phase(self, phase: int, on_node: OnNode) -> list[Node]:
        if self._project:
            steps = [step for step in self._project.steps if step.phase == phase]
            with open_warehouse(self._settings) as warehouse:
                warehouse.execute("set preserve_insertion_order = false")  # as profiles.yml says
                return execute(warehouse, self._project, steps, on_node)
        dbt = self._dbt or dbt_runner.plain_dbt()
        return _through_dbt(self._settings_read, self._variables_read, dbt, [*SELECTED[phase], *OF_A_RUN])


def run_unit_tests(settings: Settings, variables: Variables) -> list[Node]:
    """Run dbt's unit tests. They check the rules on made-up rows, not on today's data."""
    return _through_dbt(settings, variables, dbt_runner.plain_dbt(), [*OF_UNIT_TESTS])


def lineage(settings: Settings) -> dict[str, Any]:
    """Of the last build, each node with what it stands on and means, and who stands on it; empty before the first."""
    kept = settings.data / "dbt" / "lineage.json"
    return dict(json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else {"nodes": {}, "child_map": {}}


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
