"""`make demo` as a newcomer types it: a shop, a real Prefect server, one run with its name and its artifact."""

import sqlite3
from pathlib import Path

from tests.support.processes import stammis


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
