"""`stammis dbt`: dbt's own words and exit code, the last run's vars, and a copy that may be broken."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from stammis.commands.dbt import refresh_copy, with_variables
from stammis.core.errors import WarehouseError
from stammis.core.settings import Settings
from stammis.run import cycle as cycles
from tests.support.places import DBT_PROJECT
from tests.support.processes import stammis


def dbt(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return stammis("dbt", "--data", data, *arguments)


@pytest.fixture
def built(sent: cycles.Cycle, tmp_path: Path) -> Settings:
    """A data folder of one's own with the warehouse of a run."""
    (tmp_path / "dbt").mkdir()
    for part in ("warehouse.duckdb", "dbt/vars.json"):
        shutil.copyfile(sent.settings.data / part, tmp_path / part)
    return Settings(data=tmp_path, landing=sent.settings.landing)


def test_dbt_works_on_a_copy_and_ends_as_dbt_ends(built: Settings) -> None:
    before = hashlib.sha256(built.warehouse.read_bytes()).hexdigest()
    good = dbt(built.data, "build", "--select", "customers", "--exclude-resource-type", "unit_test")
    assert good.returncode == 0, good.stdout
    assert "Completed successfully" in good.stdout
    assert f"made now: {built.data / 'dbt_try' / 'warehouse.duckdb'}" in good.stderr
    bad = dbt(built.data, "show", "--inline", "select no_such_column from {{ ref('customers') }}")
    assert bad.returncode == 2  # as dbt says it
    assert "no_such_column" in bad.stdout
    assert "with what was tried before" in bad.stderr
    assert hashlib.sha256(built.warehouse.read_bytes()).hexdigest() == before
    assert not (DBT_PROJECT / "target").exists()


def test_the_last_runs_vars_are_given_and_ones_own_win(built: Settings) -> None:
    last = json.loads((built.data / "dbt" / "vars.json").read_text())
    assert {"review_request", "win_back"} <= set(last["journeys"])
    assert with_variables(built, ["list"]) == ["list", "--vars", json.dumps(last)]
    asked = ["build", "--vars", "{hindsight: true}", "--select", "customers"]
    expected = ["build", "--select", "customers", "--vars", json.dumps({**last, "hindsight": True})]
    assert with_variables(built, asked) == expected
    assert with_variables(built, ["build", "--vars={hindsight: true}", "--select", "customers"]) == expected
    assert with_variables(built, ["--version"]) == ["--version"]


def test_a_copy_is_made_again_after_the_next_run(built: Settings) -> None:
    place = built.data / "dbt_try"
    assert refresh_copy(built, place, fresh=False)
    assert not refresh_copy(built, place, fresh=False)
    assert refresh_copy(built, place, fresh=True)
    with built.warehouse.open("ab") as warehouse:
        warehouse.write(b"a run wrote here")
    assert refresh_copy(built, place, fresh=False)


def test_without_a_run_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"there is no .*warehouse\.duckdb yet\. Run"):
        refresh_copy(Settings(data=tmp_path, landing=tmp_path), tmp_path / "dbt_try", fresh=False)
