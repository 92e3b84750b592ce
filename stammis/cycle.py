"""One cycle, as a list of phases. `stammis run` calls them plainly, the flow wraps each in a task.

A kill before `commit` changes nothing; after it, the ledger knows everything that is still to do.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stammis import delivery, erasure, gates, intake, published, warehouse
from stammis.gate_findings import Finding
from stammis.journeys import Journey, Problem, read_journeys
from stammis.ledger import open_ledger
from stammis.linting import lint
from stammis.messages import Node, Stop
from stammis.reconcile import reconcile
from stammis.settings import Settings, code_version

KEPT_RUNS = 14


@dataclass
class Cycle:
    """What the phases of one run hand on to each other."""

    settings: Settings
    as_of: datetime
    dbt: warehouse.Dbt | None = None
    on_progress: Callable[[str, int, int], None] | None = None
    run_id: str = ""
    journeys: list[Journey] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    released: set[tuple[str, str]] = field(default_factory=set)
    overridden: list[Stop] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    has_outbox: bool = False
    delivered: delivery.DeliveryReport | None = None

    @property
    def variables(self) -> warehouse.Variables:
        # a journey with a problem is stopped; what its branches ask for may not even exist
        broken = {problem.journey for problem in self.problems}
        return warehouse.variables(self.names, [each for each in self.journeys if each.name not in broken])


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. `name`: Sent | Nothing due | Stopped | Held | In doubt; the last three need a person."""

    name: str
    message: str

    @property
    def is_good(self) -> bool:
        return self.name in ("Sent", "Nothing due")


def next_run_id(settings: Settings, as_of: datetime) -> str:
    """`20251210T100000Z-1`: the moment, then a number, so that runs sort and no clock is read."""
    stem = f"{as_of:%Y%m%dT%H%M%SZ}-"
    taken = [int(folder.name[len(stem):]) for folder in settings.published.glob(stem + "*") if folder.is_dir()]
    return f"{stem}{max(taken, default=0) + 1}"


def settle_doubts(cycle: Cycle) -> str:
    """First of all: what a crash left open is known before anybody is decided about."""
    return str(reconcile(cycle.settings))


def withdraw(cycle: Cycle) -> str:
    """Queued is not promised: take back what nobody has claimed, and decide again."""
    with open_ledger(cycle.settings) as ledger:
        return f"{ledger.withdraw_unclaimed()} unclaimed messages withdrawn"


def export_ledger(cycle: Cycle) -> str:
    """Let the models see what was sent, who entered and what was stopped by hand."""
    with open_ledger(cycle.settings) as ledger:
        return f"{ledger.export_changes(cycle.settings.ledger_export)} ledger rows exported"


def take_in(cycle: Cycle) -> str:
    """Read each new landing file once."""

    def show(done: int, total: int, _: str) -> None:
        if cycle.on_progress:
            cycle.on_progress("take in", done, total)

    finished = erasure.finish_open(cycle.settings)
    said = str(intake.take_in(cycle.settings, cycle.as_of, show))
    return f"{len(finished)} interrupted erasures finished; {said}" if finished else said


def build(cycle: Cycle) -> str:
    """Phase 1: people, marts, audiences."""
    cycle.dbt = cycle.dbt or warehouse.plain_dbt()
    cycle.run_id = next_run_id(cycle.settings, cycle.as_of)
    cycle.journeys, _ = read_journeys(cycle.settings.templates)
    cycle.names = warehouse.audience_names(cycle.settings)
    cycle.problems = lint(cycle.settings.templates, cycle.settings.dbt_project)
    warehouse.lay_ready(cycle.settings, cycle.as_of, cycle.run_id, cycle.journeys)
    cycle.nodes = warehouse.build_people_and_audiences(cycle.settings, cycle.dbt, cycle.variables)
    return f"{len(cycle.nodes)} models, seeds and checks"


def look_over(cycle: Cycle) -> str:
    """The gate: stop the journeys that stand on something that failed."""
    with open_ledger(cycle.settings) as ledger:
        cycle.released = ledger.released(cycle.as_of)
    lineage = warehouse.lineage(cycle.settings)
    judgement = gates.look_over(
        cycle.settings, cycle.as_of, cycle.nodes, lineage, cycle.names, cycle.problems, cycle.released
    )
    cycle.stops, cycle.overridden, cycle.warnings = judgement.stops, judgement.overridden, judgement.warnings
    warehouse.stop_journeys(cycle.settings, cycle.stops, cycle.nodes, cycle.names)
    return str(judgement)


def decide(cycle: Cycle) -> str:
    """Phase 2: who gets what, and who not, and why; once more without those who would say implausibly much."""
    assert cycle.dbt is not None
    nodes = warehouse.build_outbox(cycle.settings, cycle.dbt, cycle.variables)
    judgement = gates.look_over_outbox(cycle.settings, nodes, cycle.names, cycle.released)
    cycle.overridden += judgement.overridden
    cycle.warnings += judgement.warnings
    if judgement.stops:
        cycle.stops = sorted([*cycle.stops, *judgement.stops], key=lambda stop: stop.journey)
        warehouse.stop_journeys(cycle.settings, cycle.stops, cycle.nodes, cycle.names)
        nodes = warehouse.build_outbox(cycle.settings, cycle.dbt, cycle.variables)
    failed = [node for node in nodes if node.status not in gates.GOOD]
    cycle.has_outbox = not failed
    if failed:
        cycle.stops = gates.stop_all(cycle.names, failed[0])
    return "the outbox is decided" if cycle.has_outbox else f"the outbox could not be built: {failed[0].name}"


def publish(cycle: Cycle) -> str:
    """Show readers the finished run."""
    folder = warehouse.publish(cycle.settings, cycle.run_id, cycle.names, cycle.nodes, cycle.has_outbox)
    return f"published as {folder.name}"


def commit(cycle: Cycle) -> str:
    """One ledger transaction: entries, exits, drops, suppressions and the queue."""
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
    """The journeys no check held back: only their audiences count as usual."""
    stopped = {stop.journey for stop in cycle.stops}
    return [name for name in cycle.names if name not in stopped]


def deliver(cycle: Cycle) -> str:
    """Hand over what is queued, each message once."""
    cycle.delivered = delivery.deliver_queued(cycle.settings, on_progress=cycle.on_progress)
    forget_old_runs(cycle.settings)
    return str(cycle.delivered)


Phase = Callable[[Cycle], str]
PHASES: tuple[tuple[str, Phase], ...] = (
    ("settle doubts", settle_doubts),
    ("withdraw unclaimed", withdraw),
    ("export the ledger", export_ledger),
    ("take in landing files", take_in),
    ("build people and audiences", build),
    ("look over", look_over),
    ("decide", decide),
    ("publish", publish),
    ("commit", commit),
    ("deliver", deliver),
)
# all that a plan does, in its scratch copy: it asks no provider, and commits nothing
PLANNED = tuple((name, phase) for name, phase in PHASES if phase not in (settle_doubts, commit, deliver))


def funnel(cycle: Cycle) -> list[dict[str, object]]:
    """How many candidates each journey had, by verdict: [{journey, step, verdict, people}]. No personal data."""
    if not cycle.has_outbox:
        return []
    return published.rows(
        cycle.settings,
        """
        select journey, step, coalesce(hold_reason, 'due') as verdict, count(distinct customer_id) as people
        from {outbox_candidates}
        group by journey, step, position, hold_reason
        order by journey, position, hold_reason is not null, people desc, verdict
        """,
        run_id=cycle.run_id,
    )


def due(cycle: Cycle) -> list[dict[str, object]]:
    """Who gets what: a row per message of the outbox, with its address, in a fixed order."""
    if not cycle.has_outbox:
        return []
    return published.rows(
        cycle.settings,
        """
        select message_id, journey, step, customer_id, channel, address
        from {outbox}
        order by journey, step, message_id
        """,
        run_id=cycle.run_id,
    )


def ending(cycle: Cycle) -> Ending:
    """The name this run ends with; where somebody must look, what for: journey, check and count, channel, doubts."""
    sent = cycle.delivered.accepted if cycle.delivered else 0
    doubts = cycle.delivered.in_doubt if cycle.delivered else 0
    endings = [
        Ending("Stopped", "; ".join([*_switched_off(cycle), *_closed(cycle)])),
        Ending("Held", f"Held: {held(cycle)}" if cycle.stops else ""),
        Ending("In doubt", f"{doubts} in doubt: `stammis reconcile` asks again and lists them" if doubts else ""),
    ]
    if told := [each for each in endings if each.message]:
        return Ending(told[0].name, f"{sent} sent. {'; '.join(each.message for each in told)}")
    if sent:
        return Ending("Sent", f"{sent} sent")
    waiting = sum(int(str(row["people"])) for row in funnel(cycle) if row["verdict"] == "quiet_hours")
    return Ending("Nothing due", "nobody is due now" + (f"; {waiting} wait for contact hours" if waiting else ""))


def _switched_off(cycle: Cycle) -> list[str]:
    """What people stopped that is larger than a journey; a stopped journey is said by its verdicts."""
    if not cycle.settings.ledger.exists():
        return []
    with open_ledger(cycle.settings) as ledger:
        stopped = [row for row in ledger.stopped() if row["scope"] != "journey"]
    names = ["everything" if row["scope"] == "all" else row["name"] for row in stopped]
    return [f"{name} is stopped by {row['changed_by'] or 'hand'}" for name, row in zip(names, stopped, strict=True)]


def _closed(cycle: Cycle) -> list[str]:
    closed = cycle.delivered.closed if cycle.delivered else {}
    left = cycle.delivered.left if cycle.delivered else 0
    return [f"{channel} cannot send, {left} wait: {reason}" for channel, reason in sorted(closed.items())]


def held(cycle: Cycle) -> str:
    """What the gate stopped: journeys, check, count and why; empty if nothing."""
    return "; ".join(_named(cycle.stops))


def _named(stops: Sequence[Stop]) -> list[str]:
    """One sentence for each check that stopped something, with all the journeys it stopped."""
    checks = dict.fromkeys((stop.check_name, stop.failure_count, stop.reason) for stop in stops)
    return [
        ", ".join(stop.journey for stop in stops if (stop.check_name, stop.failure_count, stop.reason) == check)
        + f" by {check[0]} ({check[1]}): {check[2]}"
        for check in checks
    ]


def as_markdown(cycle: Cycle) -> str:
    """The run for people who watch: its ending, what the gate stopped, the funnel. No personal data."""
    end = ending(cycle)
    version = code_version(cycle.settings.project)
    about = f"Run `{cycle.run_id}`, decided for {cycle.as_of:%Y-%m-%d %H:%M} UTC by version `{version}`."
    lines = [f"## {end.name}", end.message, about]
    if cycle.stops:
        lines += ["", "| stopped journey | check | failing | why |", "|---|---|---:|---|"]
        lines += [f"| {s.journey} | {s.check_name} | {s.failure_count} | {s.reason} |" for s in cycle.stops]
    lines += [""] + [f"- released by hand: {stop.journey} from {stop.check_name}" for stop in cycle.overridden]
    lines += [f"- warning {each.check_name}: {each.reason}" for each in cycle.warnings]
    found = funnel(cycle)
    if found:
        lines += ["", "| journey | step | verdict | people |", "|---|---|---|---:|"]
        lines += ["| " + " | ".join(str(value) for value in row.values()) + " |" for row in found]
    return "\n".join(lines)


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
