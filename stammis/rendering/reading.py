"""Which tables a journey's messages and branches read, so that they are held where one could not be built."""

import re
from collections.abc import Sequence
from pathlib import Path

from stammis.journeys import Journey

MEMBERSHIP = re.compile(r"\bmembership\b")


def membership_readers(templates: Path, journeys: Sequence[Journey]) -> list[str]:
    """Names of the journeys of which a message, or what it shares with others, or a branch reads the membership."""
    shared = [re.escape(name) for name, text in _messages(templates / "_shared") if MEMBERSHIP.search(text)]
    reading = re.compile("|".join([MEMBERSHIP.pattern, *shared]))
    return [
        journey.name
        for journey in journeys
        if any(branch.column.startswith("memberships.") for step in journey.steps for branch in step.branches)
        or any(reading.search(text) for _, text in _messages(templates / journey.name))
    ]


def _messages(folder: Path) -> list[tuple[str, str]]:
    """The name and the text of each message or block in a folder."""
    files = [path for path in folder.rglob("*") if path.suffix in (".html", ".txt")]
    return [(path.name, path.read_text("utf-8", "replace")) for path in files]
