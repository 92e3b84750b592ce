"""A warehouse that somebody else has open is told from a damaged one, which can be removed and is built anew."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from stammis.core.damage import DamagedFile
from stammis.core.errors import WarehouseError
from stammis.core.settings import Settings
from stammis.gate.tables import open_tables
from stammis.warehouse import scratch_copy
from stammis.warehouse.connection import open_warehouse
from stammis.warehouse.emptied import empty_warehouse, texts_of_warehouse

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
BUILT_ANEW = r"warehouse\.duckdb is damaged\. Remove it .+ and run again: it is built anew"


def _zeros(path: Path, start: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(bytes(count))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut short": lambda path: os.truncate(path, path.stat().st_size // 3),
    "junk": lambda path: path.write_bytes(bytes(range(256)) * 200),
    "short junk": lambda path: path.write_text("garbage\n"),
    "blocks overwritten": lambda path: _zeros(path, 12288, path.stat().st_size - 12288),
}


def _open(settings: Settings) -> None:
    with open_warehouse(settings) as warehouse:
        warehouse.execute("select max(columns(*)) from run.numbers").fetchall()


def _ask(settings: Settings) -> None:
    with open_tables(settings) as tables:
        tables.count("run.numbers where hash(name) > 0")


def _plan(settings: Settings) -> None:
    with scratch_copy(settings) as scratch:
        _open(scratch)


OPENERS: dict[str, Callable[[Settings], object]] = {
    "a build": _open,
    "the gate": _ask,
    "a plan": _plan,
    "an erasure": empty_warehouse,
    "a look for somebody": lambda settings: [*texts_of_warehouse(settings, settings.warehouse)],
}


@pytest.fixture
def built(settings: Settings) -> Settings:
    settings.data.mkdir()
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("create schema run")
        warehouse.execute(
            "create table run.numbers as select range as id, hash(range)::varchar as name from range(200000)"
        )
    return settings


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("opener", OPENERS.values(), ids=OPENERS)
def test_damaged_warehouse_is_to_be_removed(
    built: Settings, opener: Callable[[Settings], object], damage: Callable[[Path], object]
) -> None:
    damage(built.warehouse)
    with pytest.raises(DamagedFile, match=BUILT_ANEW) as caught:
        opener(built)
    assert str(caught.value).startswith(f"{built.warehouse} "), "the original, not its copy"
    for path in built.data.glob("warehouse.duckdb*"):
        path.unlink()
    with open_warehouse(built) as warehouse:
        assert warehouse.execute("select 1").fetchall() == [(1,)]


@pytest.mark.parametrize("opener", ["a build", "the gate", "an erasure"])
def test_warehouse_that_is_open_elsewhere_is_left_alone(built: Settings, opener: str) -> None:
    command = [sys.executable, "-c", HOLD, str(built.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseError, match=r"is open elsewhere: .+ Close the other program"):
            OPENERS[opener](built)
        holder.communicate("")


def test_warehouse_that_is_a_folder_cannot_be_opened(settings: Settings) -> None:
    settings.warehouse.mkdir(parents=True)
    with pytest.raises(WarehouseError, match=r"warehouse\.duckdb cannot be opened \(Is a directory\)"):
        _open(settings)
