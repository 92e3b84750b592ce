"""Which journeys may speak: a failed check holds exactly those that read the failing relation.

Reads dbt's results of phase 1 and the lineage in its manifest; asks whether the sources are fresh, the audiences of
their usual size, the tables plausible. What holds a journey can be released by a person, if there is something
to send from.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from types import MappingProxyType
from typing import Any

from stammis.core.settings import Settings
from stammis.core.types import Hold, Node
from stammis.gate import audience_sizes, freshness, plausibility
from stammis.gate.findings import Finding
from stammis.gate.tables import open_tables
from stammis.journeys import Problem
from stammis.warehouse import containment

# What every journey stands on, whether or not its audience reads it.
FOUNDATIONS = ("model.stammis.customers", "model.stammis.consents", "model.stammis.suppressions")
GOOD = ("success", "pass")
LONGEST_REASON = 300
Readers = Mapping[str, Collection[str]]  # relation → the journeys whose messages or branches read it
# The gate's own models, and what they speak for: one that does not build cannot say that all is well.
SPEAKS_FOR = {f"{name}_checked": f"model.stammis.{name}" for name in plausibility.PEOPLE_AND_ORDERS}
SPEAKS_FOR |= dict.fromkeys(
    ("sources_received", "sources_compared", "audience_sizes_expected", "freshness", "plausible", "implausible_rows"),
    "model.stammis.customers",
)
# a row of the table that dbt shows where a model differs from its contract: column, its type, the contract's, why
BROKEN_CONTRACT = re.compile(
    r"^\s*\| (\w+) +\| (.*?) *\| (.*?) *\| (?:missing in contract|missing in definition|data type mismatch) *\|$", re.M
)

Released = Collection[tuple[str, str]]  # (journey, check name)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The gate's result. `holds`: each check with each journey it holds. `released`: holds that a person released.

    `warnings`: findings that hold nobody; the rows they count are in `implausible_rows`.
    """

    holds: list[Hold]
    released: list[Hold]
    warnings: list[Finding]

    @property
    def by_journey(self) -> list[Hold]:
        """One hold per held journey, by name. A hold that nobody can release comes before one that somebody can."""
        first: dict[str, Hold] = {}
        for hold in sorted(self.holds, key=lambda hold: hold.is_releasable):
            first.setdefault(hold.journey, hold)
        return [first[journey] for journey in sorted(first)]

    def __str__(self) -> str:
        held = f"{len(self.by_journey)} journey{'' if len(self.by_journey) == 1 else 's'} held"
        return f"{held}, {len(self.released)} released, {len(self.warnings)} warnings"


def run_checks(
    settings: Settings,
    as_of: datetime,
    nodes: Sequence[Node],
    manifest: Mapping[str, Any],
    journeys: Sequence[str],
    problems: Iterable[Problem],
    released: Released = (),
    readers: Readers = MappingProxyType({}),
) -> Judgement:
    """Check what phase 1 built. Opens the warehouse for reading and closes it again.

    When every hold of a check was released, its row count is accepted: later runs compare with it.
    """
    nodes = [containment.in_our_words(settings, node) for node in nodes]
    built = {node.name for node in nodes if node.status == "success"}
    findings: list[Finding] = []
    with open_tables(settings) as tables:
        if "sources_compared" in built:
            findings += freshness.find_stale(settings, as_of, tables)
        if "audience_sizes_expected" in built:
            findings += audience_sizes.find_unusual(tables, journeys, built)
        findings += plausibility.find_implausible(settings, tables, plausibility.PEOPLE_AND_ORDERS, built)
    judgement = judge(nodes, manifest, journeys, problems, findings, released, readers)
    for check_name in {hold.check_name for hold in judgement.released} - {hold.check_name for hold in judgement.holds}:
        plausibility.accept(settings, check_name)
    return judgement


def check_outbox(
    settings: Settings, nodes: Sequence[Node], journeys: Sequence[str], released: Released = ()
) -> Judgement:
    """Check what phase 2 built: hold journeys that send implausibly much. Build the outbox again without them."""
    built = {node.name for node in nodes if node.status == "success"}
    with open_tables(settings) as tables:
        findings = plausibility.find_implausible(settings, tables, plausibility.OUTBOX, built)
    holds = [
        Hold(journey, each.reason, each.check_name, max(each.count, 1))
        for each in findings
        if each.is_critical
        for journey in ([each.journey] if each.journey else journeys)
    ]
    return _judgement(holds, findings, released)


def judge(
    nodes: Sequence[Node],
    manifest: Mapping[str, Any],
    journeys: Sequence[str],
    problems: Iterable[Problem],
    findings: Sequence[Finding] = (),
    released: Released = (),
    readers: Readers = MappingProxyType({}),
) -> Judgement:
    """Combine failed nodes, lint problems and findings into holds, apart from those that somebody released.

    A model that could not be built counts like a data test that found rows. A skipped node is not named: the node
    that failed before it is.
    """
    return _judgement(every_hold(nodes, manifest, journeys, problems, findings, readers), findings, released)


def every_hold(
    nodes: Sequence[Node],
    manifest: Mapping[str, Any],
    journeys: Sequence[str],
    problems: Iterable[Problem],
    findings: Iterable[Finding],
    readers: Readers = MappingProxyType({}),
) -> Iterator[Hold]:
    """Yield a hold for each failing check and each journey that it holds.

    A hold is not releasable if there is nothing to send from: a file that cannot be read, a model that was not
    built, a data test that could not run.
    """
    for problem in problems:
        place = f"{problem.file}:{problem.line}" if problem.line else str(problem.file)
        for journey in [problem.journey] if problem.journey else journeys:
            yield Hold(journey, f"{place}: {problem.message}", "lint", 1, is_releasable=False)
    for node in nodes:
        if node.status in GOOD or node.status == "skipped":
            continue
        is_releasable = node.unique_id.startswith("test.") and node.status in ("warn", "fail")
        for journey in _held_by(node, manifest, journeys):
            yield Hold(journey, _reason(node), node.name, max(node.count, 1), is_releasable)
    for finding in findings:
        if finding.is_critical:
            named = (
                [finding.journey]
                if finding.journey
                else _downstream_journeys([finding.relation or ""], manifest, journeys)
            )
            for journey in named:
                yield Hold(journey, finding.reason, finding.check_name, max(finding.count, 1))
    built = {node.name for node in nodes if node.status == "success"}
    for journey in journeys:
        if f"audience_{journey}" not in built:
            why = "its audience was not built in this run"
            yield Hold(journey, why, f"audience_{journey}", 1, is_releasable=False)
    for relation, names in readers.items():
        if relation not in built:
            why = f"its messages or branches read {relation}, which was not built in this run"
            for journey in names:
                yield Hold(journey, why, relation, 1, is_releasable=False)


def hold_all(journeys: Sequence[str], node: Node) -> list[Hold]:
    """Hold every journey because of one node, as when the outbox cannot be built."""
    return [Hold(journey, _reason(node), node.name, max(node.count, 1), is_releasable=False) for journey in journeys]


def _judgement(holds: Iterable[Hold], findings: Iterable[Finding], released: Released) -> Judgement:
    def is_released(hold: Hold) -> bool:
        return hold.is_releasable and (hold.journey, hold.check_name) in released

    every = list(holds)
    return Judgement(
        holds=[hold for hold in every if not is_released(hold)],
        released=[hold for hold in every if is_released(hold)],
        warnings=[each for each in findings if not each.is_critical],
    )


def _held_by(node: Node, manifest: Mapping[str, Any], journeys: Sequence[str]) -> list[str]:
    details = manifest["nodes"].get(node.unique_id, {})
    meta = {**details.get("meta", {}), **details.get("config", {}).get("meta", {})}
    named = meta.get("holds") or meta.get("stops")  # `stops` until 0.2
    if named:
        return list(journeys) if named == "all" else [journey for journey in journeys if journey in named]
    failing = [SPEAKS_FOR.get(node.name, node.unique_id)]
    if node.unique_id.startswith("test."):
        # a test also leans on the clock and on seeds; what it finds wrong is a model's or the ledger's
        leans_on = details.get("depends_on", {}).get("nodes", [])
        failing = [each for each in leans_on if each.startswith(("model.", "source.stammis.ledger."))]
    return _downstream_journeys(failing, manifest, journeys)


def _downstream_journeys(failing: Sequence[str], manifest: Mapping[str, Any], journeys: Sequence[str]) -> list[str]:
    below = _descendants(failing, manifest["child_map"])
    if any(relation.startswith("source.stammis.ledger.") for relation in failing) or below & set(FOUNDATIONS):
        return list(journeys)
    return [journey for journey in journeys if f"model.stammis.audience_{journey}" in below]


def _descendants(start: Iterable[str], child_map: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        relation = waiting.pop()
        if relation not in found:
            found.add(relation)
            waiting.extend(child_map.get(relation, ()))
    return found


def _reason(node: Node) -> str:
    if node.unique_id.startswith("test.") and node.status in ("warn", "fail"):
        return f"a check found {node.count} row{'' if node.count == 1 else 's'} that should not be"
    if broken := BROKEN_CONTRACT.findall(node.message):
        columns = "; ".join(_contract_difference(*row) for row in broken)
        return shorten(f"{node.name} breaks its contract: {columns}", LONGEST_REASON, placeholder=" …")
    said = " ".join(node.message.split())
    quoting = re.search(r"(Conversion|Invalid Input|Constraint|Out of Range) Error", said)
    if quoting:  # such a message quotes the row, and what this returns is shown to everybody
        return f"{quoting.group(0)} in {node.name}; dbt's log has the row"
    return shorten(re.split(r" Candidate bindings| LINE \d", said)[0], LONGEST_REASON, placeholder=" …") or node.status


def _contract_difference(column: str, is_type: str, agreed_type: str) -> str:
    """How a column differs from its contract; the types are what the SQL gives and what the YAML says, or empty."""
    if not is_type:
        return f"the model has no column {column}"
    return f"column {column} is {is_type}, not {agreed_type}" if agreed_type else f"column {column} is not in its YAML"
