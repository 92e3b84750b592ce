"""What somebody was killed at is removed by the next to build, and nobody's work is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from stammis.core.errors import WarehouseError
from stammis.core.settings import Settings
from stammis.run.cycle import Cycle
from stammis.warehouse import build_lock, scratch_copy
from stammis.warehouse.data_folder import clear_scratch
from stammis.warehouse.emptied import texts_of_warehouse

KILLED = """
import os, signal, sys
from pathlib import Path
from stammis.core.settings import Settings
from stammis.run.cycle import Cycle
from stammis.warehouse import scratch_copy
from stammis.warehouse.emptied import texts_of_warehouse

settings = Settings(data=Path(sys.argv[1]), landing=Path(sys.argv[1]))
{work}
"""
EMAIL = "anna@example.com"
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
WORK = {
    "plan": f"with scratch_copy(settings): {KILL}",
    "look": f"for text in texts_of_warehouse(settings, settings.warehouse): {KILL}",
}


@pytest.fixture
def built(settings: Settings) -> Settings:
    """A data folder with somebody in its warehouse."""
    settings.data.mkdir()
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(f"create table people as select '{EMAIL}' as email")
    return settings


@pytest.mark.parametrize("work", WORK)
def test_a_copy_of_a_killed_process_goes_with_the_next_build(built: Settings, tmp_path: Path, work: str) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-c", KILLED.format(work=WORK[work]), str(built.data)]
    ended = subprocess.run(command, env=os.environ | {"TMPDIR": str(temporary)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len([*built.scratch.glob("*/warehouse.duckdb")]) == 1
    assert [*temporary.iterdir()] == [], "where no erasure looks"
    with build_lock(built):
        assert [*built.scratch.iterdir()] == []


def test_a_copy_somebody_works_on_stays_until_they_are_done(built: Settings) -> None:
    with scratch_copy(built) as scratch:
        with build_lock(built):
            assert scratch.warehouse.exists()
        assert clear_scratch(built) == 1, "an erasure says so"
        with scratch_copy(built) as another:
            assert scratch.warehouse.exists() and scratch.data != another.data
        assert not another.data.exists()
    assert clear_scratch(built) == 0
    assert [*built.scratch.iterdir()] == []


def test_a_copy_has_all_that_a_run_leaves_but_what_no_decision_reads(sent: Cycle) -> None:
    with scratch_copy(sent.settings) as scratch:
        missing = {path.name for path in sent.settings.data.iterdir()} - {path.name for path in scratch.data.iterdir()}
    assert missing <= {"dbt", "last_run.json", "messages", "preview", "scratch"}
    assert [*(sent.settings.data / "quarantine").rglob("*.parquet")], "there was something to copy"


def test_a_copy_of_a_folder_that_is_not_there_leaves_none(settings: Settings) -> None:
    with scratch_copy(settings) as scratch:
        assert scratch.data.is_dir()
    assert not settings.data.exists()


def test_a_folder_that_may_only_be_read_is_refused(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # who tests may be root
    with pytest.raises(WarehouseError, match="cannot be written to"), scratch_copy(built):
        pass


def test_a_look_at_a_warehouse_leaves_nothing(built: Settings) -> None:
    assert EMAIL.encode() in b"".join(texts_of_warehouse(built, built.warehouse))
    assert [*built.scratch.iterdir()] == []
