"""A run over a landing folder, its outbox, and a copy of it to go on with."""

import shutil
from datetime import datetime
from pathlib import Path

from stammis.core.settings import Settings
from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.support.places import settings_in


def run_cycle(settings: Settings, as_of: datetime) -> cycles.Cycle:
    """All phases of one cycle, plainly, as `stammis run` does."""
    cycle = cycles.Cycle(settings, as_of)
    for _, phase in cycles.PHASES:
        phase(cycle)
    return cycle


def outbox(cycle: cycles.Cycle, *, without: str = "") -> list[tuple[str, ...]]:
    """Every row of a run's outbox, as text, in a fixed order; `without` a journey."""
    query = "select * from {outbox} where journey <> ? order by message_id"
    rows = published.rows(cycle.settings, query, [without], run_id=cycle.run_id)
    return [tuple(str(value) for value in row.values()) for row in rows]


def first_row(cycle: cycles.Cycle, query: str) -> dict[str, object]:
    """The first row of a query on what a run published."""
    return published.rows(cycle.settings, query, run_id=cycle.run_id)[0]


def first_cell(cycle: cycles.Cycle, query: str) -> object:
    """The first cell of that row."""
    return next(iter(first_row(cycle, query).values()))


def copy_of(settings: Settings, folder: Path) -> Settings:
    """The data folder and landing of a shop that has run, to go on with."""
    shutil.copytree(settings.data, folder / "data", symlinks=True)
    return landed_in(settings.landing, folder)


def landed_in(landing: Path, folder: Path) -> Settings:
    """A copy of a landing folder to change, beside a data folder of its own."""
    shutil.copytree(landing, folder / "landing")
    return settings_in(folder)
