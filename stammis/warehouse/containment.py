"""A mistake in one journey's models stops that journey: dbt reads the project without them, and the others go on.

dbt reads all files before it builds any, so a typo in a `ref`, a broken YAML or a deleted file would end every build.
"""

import re
from collections.abc import Mapping
from typing import Any

from stammis.core.settings import Settings
from stammis.core.types import Node
from stammis.warehouse.project import copied

OF_A_JOURNEY = re.compile(r"(?:audience|rules)_(\w+)")


def blamed(settings: Settings, message: str) -> set[str]:
    """The journeys whose own models dbt's message names."""
    files = (settings.dbt_project / "models" / "audiences").rglob("*")
    known = {found.group(1) for path in files if (found := OF_A_JOURNEY.fullmatch(path.stem))}
    return known & set(OF_A_JOURNEY.findall(message))


def without(settings: Settings, variables: Mapping[str, Any], journeys: set[str]) -> tuple[Settings, Mapping[str, Any]]:
    """The settings on a copy of the project that lacks the models of these journeys, and the variables for it."""
    theirs = {f"{model}_{journey}" for model in ("audience", "rules") for journey in journeys}
    copy = copied(settings, settings.data / "dbt" / "project", lambda path: path.stem in theirs)
    kept = {
        "journeys": [name for name in variables["journeys"] if name not in journeys],
        "branches": [branch for branch in variables["branches"] if branch["journey"] not in journeys],
    }
    return copy, {**variables, **kept}


def held_back(journeys: Mapping[str, str]) -> list[Node]:
    """What became of the audiences that were left out, for the gate: an error, in dbt's words."""
    return [
        Node(f"model.stammis.audience_{journey}", f"audience_{journey}", "error", 0, message)
        for journey, message in sorted(journeys.items())
    ]
