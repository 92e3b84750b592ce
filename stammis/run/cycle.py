"""One cycle, as a list of phases. `stammis run` calls them plainly, the flow wraps each in a task.

A kill before `commit` changes nothing; after it, the ledger knows everything that is still to do.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from stammis import delivery, gate, intake, warehouse
from stammis.core.damage import damage_behind
from stammis.core.settings import Settings
from stammis.core.types import Hold, Node
from stammis.core.yaml_files import YamlFault
from stammis.delivery import reconcile as reconciling
from stammis.gate import Finding
from stammis.journeys import Journey, Problem, read_journeys
from stammis.ledger import open_ledger
from stammis.privacy import erasure
from stammis.rendering import lint, membership_readers, read_brand
from stammis.run import quiet
from stammis.warehouse import published

KEPT_RUNS = 14


@dataclass
class Cycle:
    """The state that the phases of one run share. `dbt`: what builds; without one, what dbt compiled is executed."""

    settings: Settings
    as_of: datetime
    dbt: warehouse.Dbt | None = None
    on_progress: Callable[[str, int, int], None] | None = None
    run_id: str = ""
    journeys: list[Journey] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    build: warehouse.Build = field(init=False)
    stood_on: dict[str, str] = field(default_factory=dict)
    quiet: str = ""
    nodes: list[Node] = field(default_factory=list)
    decided_nodes: list[Node] = field(default_factory=list)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    released: set[tuple[str, str]] = field(default_factory=set)
    released_holds: list[Hold] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    has_outbox: bool = False
    delivered: delivery.DeliveryReport | None = None

    def ends_early(self) -> bool:
        """Whether it could decide nothing but what the last run did; `quiet` then says why."""
        self.quiet = quiet.quiet_message(self.settings, self.as_of) if self.dbt is None else ""
        return bool(self.quiet)

    def shows(self, phase: str) -> Callable[[int, int], None]:
        """Who hears how far a phase is."""
        return lambda done, total: self.on_progress(phase, done, total) if self.on_progress else None

    @property
    def variables(self) -> warehouse.Variables:
        # a journey with a problem is held; what its branches ask for may not even exist
        broken = {problem.journey for problem in self.problems}
        sound = [each for each in self.journeys if each.name not in broken]
        return warehouse.variables(self.names, sound, self._languages())

    def _languages(self) -> list[str]:
        try:
            return read_brand(self.settings.templates).readable
        except YamlFault:
            return []  # lint says what is wrong with it, and holds every journey


def next_run_id(settings: Settings, as_of: datetime) -> str:
    """`20251210T100000Z-1`: the moment, then a number, so that runs sort and no clock is read."""
    stem = f"{as_of:%Y%m%dT%H%M%SZ}-"
    taken = [int(folder.name[len(stem) :]) for folder in settings.published.glob(stem + "*") if folder.is_dir()]
    return f"{stem}{max(taken, default=0) + 1}"


def reconcile(cycle: Cycle) -> str:
    """Ask the providers about sends in doubt, before anybody is decided about."""
    cycle.stood_on = quiet.inputs(cycle.settings)
    quiet.forget(cycle.settings)
    return str(reconciling.reconcile(cycle.settings))


def withdraw(cycle: Cycle) -> str:
    """Withdraw every unclaimed message, so that this run can decide about it again."""
    with open_ledger(cycle.settings) as ledger:
        return f"{ledger.withdraw_unclaimed()} unclaimed messages withdrawn"


def export_ledger(cycle: Cycle) -> str:
    """Write the ledger's changes as files for the models: what was sent, who entered, what somebody stopped."""
    with open_ledger(cycle.settings) as ledger:
        rows = ledger.export_changes(cycle.settings.ledger_export)
    cycle.stood_on |= quiet.decided_from(cycle.settings)
    return f"{rows} ledger rows exported"


def ingest(cycle: Cycle) -> str:
    """Read each new landing file once, after finishing erasures that a kill interrupted."""

    def show(done: int, total: int, _: str) -> None:
        if cycle.on_progress:
            cycle.on_progress("ingest", done, total)

    finished = erasure.finish_open(cycle.settings)
    said = str(intake.ingest(cycle.settings, cycle.as_of, show))
    return f"{len(finished)} interrupted erasures finished; {said}" if finished else said


def build_marts(cycle: Cycle) -> str:
    """Build people, marts and audiences (dbt, phase 1)."""
    cycle.run_id = next_run_id(cycle.settings, cycle.as_of)
    cycle.journeys, _ = read_journeys(cycle.settings.templates)
    cycle.names = warehouse.audience_names(cycle.settings)
    cycle.problems = lint(cycle.settings.templates, cycle.settings.dbt_project)
    warehouse.prepare_inputs(cycle.settings, cycle.as_of, cycle.run_id, cycle.journeys)
    cycle.build = warehouse.Build(cycle.settings, cycle.variables, cycle.dbt)
    cycle.nodes = cycle.build.people_and_audiences(cycle.shows("build marts"))
    made = sum(not node.is_left for node in cycle.nodes)
    return f"{len(cycle.nodes)} models, seeds and checks, {made} of them made anew"


def validate(cycle: Cycle) -> str:
    """Run the gate's checks: hold the journeys that stand on something that failed."""
    with open_ledger(cycle.settings) as ledger:
        cycle.released = ledger.released(cycle.as_of)
    cycle.nodes = _name_damage(cycle.settings, cycle.nodes)
    lineage = warehouse.lineage(cycle.settings)
    judgement = gate.run_checks(
        cycle.settings,
        cycle.as_of,
        cycle.nodes,
        lineage,
        cycle.names,
        cycle.problems,
        cycle.released,
        {"memberships": membership_readers(cycle.settings.templates, cycle.journeys)},
    )
    cycle.holds, cycle.released_holds, cycle.warnings = judgement.by_journey, judgement.released, judgement.warnings
    warehouse.hold_journeys(cycle.settings, cycle.holds, cycle.nodes, cycle.names)
    return str(judgement)


def _name_damage(settings: Settings, nodes: Sequence[Node]) -> list[Node]:
    """The nodes, where a damaged file is behind an error with that as its message: it becomes the reason of a hold."""
    errors = [node.message for node in nodes if node.status == "error"]
    behind = damage_behind(settings.data, errors)
    return [replace(node, message=behind.get(node.message, node.message)) for node in nodes]


def decide(cycle: Cycle) -> str:
    """Decide who gets what, and who not, and why (dbt, phase 2); again without journeys that would say too much."""
    nodes = cycle.decided_nodes = cycle.build.outbox(cycle.shows("decide"))
    judgement = gate.check_outbox(cycle.settings, nodes, cycle.names, cycle.released)
    cycle.released_holds += judgement.released
    cycle.warnings += judgement.warnings
    if judgement.holds:
        cycle.holds = sorted([*cycle.holds, *judgement.by_journey], key=lambda hold: hold.journey)
        warehouse.hold_journeys(cycle.settings, cycle.holds, cycle.nodes, cycle.names)
        nodes = cycle.build.outbox(cycle.shows("decide"))
    failed = [node for node in nodes if node.status not in gate.GOOD]
    cycle.has_outbox = not failed
    if failed:
        # what is held already is held by the first that failed, and its name is the one to know
        held = {hold.journey for hold in cycle.holds}
        others = [name for name in cycle.names if name not in held]
        cycle.holds = sorted([*cycle.holds, *gate.hold_all(others, failed[0])], key=lambda hold: hold.journey)
    return "the outbox is decided" if cycle.has_outbox else f"the outbox could not be built: {failed[0].name}"


def publish(cycle: Cycle) -> str:
    """Publish the run's tables for readers."""
    folder = warehouse.publish(cycle.settings, cycle.run_id, cycle.names, cycle.nodes, cycle.has_outbox)
    return f"published as {folder.name}"


def commit(cycle: Cycle) -> str:
    """Record the decision in the ledger, in one transaction: entries, exits, drops, suppressions and the queue."""
    warehouse.remember(cycle.settings, cycle.run_id)
    if not cycle.has_outbox:
        return "nothing to commit"
    with open_ledger(cycle.settings) as ledger:
        report = ledger.commit_run(
            cycle.run_id,
            cycle.as_of,
            published.read_queue(cycle.settings, cycle.run_id),
            published.read_journey_log(cycle.settings, cycle.run_id),
            published.read_suppressions(cycle.settings, cycle.run_id),
            published.count_audiences(cycle.settings, cycle.run_id, _speaking(cycle)),
        )
    return f"{report.queued} messages queued"


def _speaking(cycle: Cycle) -> list[str]:
    """Names of the journeys that are not held. Only the sizes of their audiences count as usual."""
    held = {hold.journey for hold in cycle.holds}
    return [name for name in cycle.names if name not in held]


def deliver(cycle: Cycle) -> str:
    """Send what is queued, each message once, and forget old published runs."""
    try:
        cycle.delivered = delivery.deliver_queued(cycle.settings, on_progress=cycle.on_progress)
        said = str(cycle.delivered)
    except YamlFault as fault:  # of the brand or the styles: the lint has found it, too, and every journey is held
        cycle.delivered = delivery.leave_queued(cycle.settings, fault)
        said = f"nothing can be sent: {fault}"
    forget_old_runs(cycle.settings)
    is_settled = cycle.has_outbox and not cycle.holds and not cycle.released_holds
    if is_settled and (turn := cycle.build.next_turn()):
        quiet.keep(cycle.settings, cycle.run_id, cycle.as_of, turn, cycle.stood_on)
    return said


Phase = Callable[[Cycle], str]
PHASES: tuple[tuple[str, Phase], ...] = (
    ("reconcile", reconcile),
    ("withdraw", withdraw),
    ("export ledger", export_ledger),
    ("ingest", ingest),
    ("build marts", build_marts),
    ("validate", validate),
    ("decide", decide),
    ("publish", publish),
    ("commit", commit),
    ("deliver", deliver),
)
# all that a plan does, in its scratch copy: it asks no provider, and commits nothing
PLANNED = tuple((name, phase) for name, phase in PHASES if phase not in (reconcile, commit, deliver))


def forget_old_runs(settings: Settings) -> None:
    """Keep the newest published runs, and any that still has a row open in the ledger."""
    with open_ledger(settings) as ledger:
        open_runs = ledger.open_runs()
    folders = sorted(
        (folder for folder in settings.published.iterdir() if folder.is_dir() and not folder.is_symlink()),
        key=lambda folder: folder.stat().st_mtime,
    )
    for folder in folders[:-KEPT_RUNS]:
        if folder.name not in open_runs:
            shutil.rmtree(folder)
