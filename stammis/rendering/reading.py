"""Which tables a journey's messages and branches read, so that they are held where one could not be built."""

import re
from collections.abc import Sequence
from pathlib import Path

from stammis.journeys import Journey

MEMBERSHIP = re.compile(r"\bmembership\b")


def membership_readers(templates: Path, journeys: Sequence[Journey]) -> list[str]:
    """Names of the journeys of which a message, or what it shares with others, or a branch reads the membership."""
    shared = {path.name for path in _messages(templates / "_shared") if _reads(path)}
    return [journey.name for journey in journeys if _is_reader(templates / journey.name, journey, shared)]


def _is_reader(folder: Path, journey: Journey, shared: set[str]) -> bool:
    if any(branch.column.startswith("memberships.") for step in journey.steps for branch in step.branches):
        return True
    return any(
        _reads(path) or any(name in path.read_text("utf-8", "replace") for name in shared) for path in _messages(folder)
    )


def _messages(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in (".html", ".txt")]


def _reads(path: Path) -> bool:
    return bool(MEMBERSHIP.search(path.read_text("utf-8", "replace")))
