"""The next moment at which a decision may turn though nothing lands and nobody changes anything.

Whatever a decision stands on and looks at the clock says its moments (macros/moments.sql). Between them the same rows
would be decided in the same way.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime

import duckdb

from stammis.warehouse.fingerprints import Fingerprint, records
from stammis.warehouse.project import Step

# What the gate and phase 2 ask: audiences, the checked views and what is usual.
DECIDING_SCHEMAS = {"audiences", "outbox", "gate"}
DECIDING_MODELS = {"sources_compared", "audience_sizes_expected", "implausible_rows"}

Turn = tuple[datetime | None, str]  # (the moment, None: never; what happens then)


def next_turn(warehouse: duckdb.DuckDBPyConnection, steps: Sequence[Step]) -> Turn | None:
    """The next turn of a decision; None where it may come at any time."""
    by_relation = {step.relation: step for step in steps}
    roots = [step.relation for step in steps if step.schema in DECIDING_SCHEMAS or step.name in DECIDING_MODELS]
    decisive = _with_ancestors(roots, by_relation)
    asked = [step for step in steps if step.relation in decisive or _is_check_of(step, decisive)]
    changing = {column for step in asked for column in step.any_time}
    if any((step.is_silent and not step.any_time) or _asks(step, changing) for step in asked):
        return None
    known = records(warehouse)
    turns: list[Turn] = []
    for step in asked:
        if step.moments:
            record: Fingerprint | None = known.get(step.relation)
            if record is None or record.what is None:
                return None
            if record.until:
                turns.append((record.until, record.what))
    return min(turns, default=(None, ""))


def _with_ancestors(roots: Sequence[str], by_relation: dict[str, Step]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        relation = waiting.pop()
        if relation in by_relation and relation not in found:
            found.add(relation)
            waiting.extend(by_relation[relation].reads)
    return found


def _is_check_of(step: Step, decisive: Collection[str]) -> bool:
    return step.kind == "test" and not set(decisive).isdisjoint(step.reads)


def _asks(step: Step, changing: Collection[str]) -> bool:
    """Whether a model decides by a column that changes with the hour; one that only passes it on says so itself."""
    names = set(changing) - set(step.any_time)
    if step.kind == "test" or not names:
        return False
    asked = rf"\b(?:{'|'.join(names)})\b|\bcolumns\s*\("  # the second names columns by a pattern
    return bool(re.search(asked, step.sql, re.IGNORECASE))
