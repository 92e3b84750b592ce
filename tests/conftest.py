"""What a test may ask for by name: the sample exports, a built shop for all who only read it, an empty one to fill."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stammis import intake
from stammis.core.settings import Settings, disable_telemetry
from stammis.ledger import open_ledger
from stammis.run import cycle as cycles
from tests.support.contracts import Staged, stage
from tests.support.cycles import copy_of, run_cycle
from tests.support.places import DBT_PROJECT, SAMPLES, TEMPLATES, settings_in

disable_telemetry()
# What SQL, a glob, Hive, a shell and a console's markup would each read as something else.
AWKWARD = "it's a=[shop]*[/x] :smile:"


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


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated shop's landing folder; read it, do not write."""
    from stammis.demo import write_shop

    folder = _awkward(tmp_path_factory, "shop")
    write_shop(folder, customers=300, seed=7)
    return folder / "landing"


@pytest.fixture(scope="session")
def sent(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    """One cycle over the generated shop, with everything it published; read it, do not run it again."""
    from stammis.demo import AS_OF as DEMO_AS_OF

    return run_cycle(Settings(data=_awkward(tmp_path_factory, "sent"), landing=shop), DEMO_AS_OF)


@pytest.fixture(scope="session")
def planted(sent: cycles.Cycle, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shop as it was after a run, and everything the canary did since, taken in; read it, do not write."""
    from tests.support import canary

    settings = copy_of(sent.settings, _awkward(tmp_path_factory, "planted"))
    canary.plant(settings.landing)
    fetched = settings.data / "inbox/.done/2025-12-09/pos"
    fetched.mkdir(parents=True)
    shutil.copy(settings.landing / "pos/members_2.csv", fetched)
    intake.ingest(settings, sent.as_of)
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    return settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty shop of one's own."""
    return settings_in(tmp_path)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """The project's templates, to change."""
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


@pytest.fixture
def own_project(tmp_path: Path) -> Callable[..., Settings]:
    """A copy of the models and templates that a test may break, with its own data folder."""

    def copy(landing: Path) -> Settings:
        shutil.copytree(DBT_PROJECT, tmp_path / "dbt_project")
        shutil.copytree(TEMPLATES, tmp_path / "templates")
        return Settings(
            data=tmp_path / "data",
            landing=landing,
            dbt_project=tmp_path / "dbt_project",
            templates=tmp_path / "templates",
        )

    return copy


def _awkward(factory: pytest.TempPathFactory, name: str) -> Path:
    folder = factory.mktemp(name) / AWKWARD
    folder.mkdir(parents=True)
    return folder
