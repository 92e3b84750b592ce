"""Which journeys may speak: a failed check stops exactly those that read the failing relation.

Reads dbt's results of phase 1 and the lineage in its manifest. (Great Expectations will be imported here, and
nowhere else, once it has something to say that dbt's tests cannot.)
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stammis.journeys import Problem
from stammis.messages import Node, Stop

# What every journey stands on, whether or not its audience reads it.
FOUNDATIONS = ("model.stammis.customers", "model.stammis.consents", "model.stammis.suppressions")
GOOD = ("success", "pass")


def judge(
    nodes: Sequence[Node], manifest: Mapping[str, Any], journeys: Sequence[str], problems: Iterable[Problem]
) -> list[Stop]:
    """The journeys to stop, each with its first failing check. Empty when all may speak.

    A model that could not be built, and a data test that found rows, count alike; a node skipped because of
    another is that other's fault and is not named twice.
    """
    stops: dict[str, Stop] = {}
    for problem in problems:
        place = f"{problem.file}:{problem.line}" if problem.line else str(problem.file)
        for journey in [problem.journey] if problem.journey else journeys:
            stops.setdefault(journey, Stop(journey, f"{place}: {problem.message}", "lint", 1))
    for node in nodes:
        if node.status in GOOD or node.status == "skipped":
            continue
        for journey in _stopped_by(node, manifest, journeys):
            stops.setdefault(journey, Stop(journey, _reason(node), node.name, max(node.count, 1)))
    standing = {node.name for node in nodes if node.status == "success"}
    for journey in journeys:
        if f"audience_{journey}" not in standing:
            stops.setdefault(journey, Stop(journey, "its audience was not built in this run", f"audience_{journey}", 1))
    return [stops[journey] for journey in sorted(stops)]


def stop_all(journeys: Sequence[str], node: Node) -> list[Stop]:
    """Every journey stands still because of one node, as when the outbox itself cannot be built."""
    return [Stop(journey, _reason(node), node.name, max(node.count, 1)) for journey in journeys]


def _stopped_by(node: Node, manifest: Mapping[str, Any], journeys: Sequence[str]) -> list[str]:
    details = manifest["nodes"].get(node.unique_id, {})
    named = details.get("config", {}).get("meta", {}).get("stops") or details.get("meta", {}).get("stops")
    if named:
        return list(journeys) if named == "all" else [journey for journey in journeys if journey in named]
    failing = [node.unique_id]
    if node.unique_id.startswith("test."):
        # a test also leans on the clock and on seeds; what it finds wrong is a model's or the ledger's
        leans_on = details.get("depends_on", {}).get("nodes", [])
        failing = [each for each in leans_on if each.startswith(("model.", "source.stammis.ledger."))]
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
        return f"a check found {node.count} rows that should not be"
    said = " ".join(node.message.split())
    quoting = re.search(r"(Conversion|Invalid Input|Constraint|Out of Range) Error", said)
    if quoting:  # such a message quotes the row, and what this returns is shown to everybody
        return f"{quoting.group(0)} in {node.name}; dbt's log has the row"
    return re.split(r" Candidate bindings| LINE \d", said)[0][:300] or node.status
