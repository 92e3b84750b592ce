"""`make demo` as a newcomer types it: a shop, a real Prefect server, one run with its name and its artifact."""

import sqlite3
from pathlib import Path

import pytest

from stammis.core.errors import InputError
from stammis.demo.plants import count_personas
from tests.support.command_line import invoke
from tests.support.processes import stammis


@pytest.mark.parametrize("customers", [50, 60, 114])
def test_demo_too_small_for_its_planted_people_is_refused_before_a_folder_is_made(
    tmp_path: Path, customers: int
) -> None:
    refused = invoke("demo", "--data", tmp_path / "demo", "--customers", customers).exception
    assert isinstance(refused, InputError)
    assert "ask for at least 115 customers, or leave them out with --plain." in str(refused)
    assert not (tmp_path / "demo").exists()


def test_help_of_the_demo_tells_both_least_numbers() -> None:
    said = " ".join(invoke("demo", "--help", env={"COLUMNS": "200"}).stdout.split())
    assert f"at least {count_personas(115) + 1} without --plain" in said and "x>=50" in said


def test_the_demo_runs_the_flow_under_prefect(tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    ran = stammis("demo", "--data", demo, "--customers", 300, "--quick")
    assert ran.returncode == 0, ran.stderr
    assert "messages.html  every message at phone width" in ran.stdout
    assert "precision 1.0000, recall " in ran.stdout
    assert "checks looked; held: no journey." in ran.stdout
    assert 12 <= len(ran.stdout.splitlines()) <= 20
    with sqlite3.connect(demo / "prefect" / "prefect.db") as prefect:
        runs = prefect.execute("select name, state_name, state_type from flow_run").fetchall()
        artifacts = prefect.execute("select key, data from artifact").fetchall()
        tasks = prefect.execute("select count(*) from task_run where state_type = 'COMPLETED'").fetchall()
    assert runs == [("send due 2025-12-10 09:00 UTC", "Sent", "COMPLETED")]
    assert tasks == [(10,)]
    assert [key for key, _ in artifacts] == ["send-due"]
    assert "| review_request | ask | due |" in artifacts[0][1].replace("\\n", "\n")
    assert "@" not in artifacts[0][1]
