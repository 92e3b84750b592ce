"""A run over a landing folder, its outbox, and a copy of it to go on with."""

import shutil
from datetime import datetime
from pathlib import Path

from stammis.core.settings import Settings
from stammis.run import cycle as cycles
from stammis.warehouse import published


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


def after(sent: cycles.Cycle, tmp_path: Path) -> Settings:
    """The data folder and landing of a shop that has run once, to go on with."""
    shutil.copytree(sent.settings.data, tmp_path / "data", symlinks=True)
    shutil.copytree(sent.settings.landing, tmp_path / "landing")
    return Settings(data=tmp_path / "data", landing=tmp_path / "landing")
