"""What the tests share: the sample exports where they are, and one built shop for all who only read it."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from contract_samples import Staged, stage

from stammis.core.settings import PROJECT, Settings, keep_quiet
from stammis.run import cycle as cycles
from stammis.warehouse import published

keep_quiet()
SAMPLES = Path(os.environ.get("STAMMIS_SAMPLE_DATA", PROJECT.parent / "shared" / "data"))
AS_OF = datetime.fromisoformat("2025-12-10 10:00")


@pytest.fixture(scope="session")
def channels_small() -> Path:
    """The sample exports of 700 people; tests on them skip where they are not."""
    folder = SAMPLES / "channels_small"
    if not folder.exists():
        pytest.skip(f"no sample exports in {SAMPLES} (set STAMMIS_SAMPLE_DATA)")
    return folder


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    """A sample file of every source, taken in and staged; tests on it skip where the samples are not."""
    if not (SAMPLES / "formats").exists():
        pytest.skip(f"no sample formats in {SAMPLES} (set STAMMIS_SAMPLE_DATA)")
    return stage(SAMPLES / "formats", tmp_path_factory.mktemp("staged"))


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


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated shop's landing folder; read it, do not write."""
    from stammis.demo import write_shop

    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder, customers=300, seed=7)
    return folder / "landing"


@pytest.fixture(scope="session")
def sent(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    """One cycle over the generated shop, with everything it published; read it, do not run it again."""
    from stammis.demo import AS_OF as DEMO_AS_OF

    return run_cycle(Settings(data=tmp_path_factory.mktemp("sent"), landing=shop), DEMO_AS_OF)


def after(sent: cycles.Cycle, tmp_path: Path) -> Settings:
    """The data folder and landing of a shop that has run once, to go on with."""
    shutil.copytree(sent.settings.data, tmp_path / "data", symlinks=True)
    shutil.copytree(sent.settings.landing, tmp_path / "landing")
    return Settings(data=tmp_path / "data", landing=tmp_path / "landing")


@pytest.fixture
def own_project(tmp_path: Path) -> Callable[..., Settings]:
    """A copy of the models and templates that a test may break, with its own data folder."""

    def copy(landing: Path) -> Settings:
        shutil.copytree(PROJECT / "dbt_project", tmp_path / "dbt_project")
        shutil.copytree(PROJECT / "templates", tmp_path / "templates")
        return Settings(
            data=tmp_path / "data",
            landing=landing,
            dbt_project=tmp_path / "dbt_project",
            templates=tmp_path / "templates",
        )

    return copy
