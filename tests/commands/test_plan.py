"""A plan is the run that follows it, row by row, and leaves no trace."""

import csv
import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stammis.commands.plan import absent
from stammis.core.errors import InputError
from stammis.core.settings import Settings
from stammis.demo import AS_OF
from stammis.ledger import open_ledger
from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.support.command_line import invoke
from tests.support.cycles import run_cycle

TOMORROW = AS_OF + timedelta(days=1)
COLUMNS = "message_id, journey, step, customer_id, channel"


def plan(settings: Settings, out: Path, as_of: str, *more: str) -> tuple[str, list[tuple[str, ...]]]:
    """What `stammis plan` says, and the rows it writes."""
    places = ["--landing", settings.landing, "--data", settings.data, "--out", out]
    ran = invoke("plan", *places, "--as-of", as_of, *more, catch_exceptions=False)
    assert ran.exit_code == 0
    with out.open(newline="") as lines:
        _, *rows = csv.reader(lines)
    return ran.output, [tuple(row) for row in rows]


def outbox(cycle: cycles.Cycle) -> list[tuple[str, ...]]:
    query = f"select {COLUMNS} from {{outbox}} order by journey, step, message_id"
    return [tuple(row.values()) for row in published.rows(cycle.settings, query, run_id=cycle.run_id)]


def contents(folder: Path) -> dict[str, str]:
    """Every file with the hash of its bytes, every link with where it leads."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_a_plan_is_the_run_that_follows_and_leaves_no_trace(shop: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", landing=shop)

    said, first_plan = plan(settings, tmp_path / "first.csv", f"{AS_OF:%Y-%m-%dT%H:%MZ}")
    assert not settings.data.exists()  # not even an empty folder
    assert "@" not in said
    assert f"{len(first_plan)} messages due, nothing sent, nothing kept." in said
    assert "in the scratch copy" in said and "published as" not in said

    first = cycles.Cycle(settings, AS_OF)
    for _, phase in cycles.PHASES[:-1]:  # the sender was killed: everything is queued, nothing claimed
        phase(first)
    assert len(first_plan) >= 20
    assert outbox(first) == first_plan
    with open_ledger(settings) as ledger:
        assert ledger.counts() == {"queued": len(first_plan)}

    before = contents(settings.data)
    said, next_plan = plan(settings, tmp_path / "next.csv", f"{TOMORROW:%Y-%m-%dT%H:%MZ}", "--addresses")
    assert contents(settings.data) == before
    assert "@" in said
    assert {"ledger.sqlite", "published/current", "intake/manifest.jsonl"} < set(before)

    second = run_cycle(settings, TOMORROW)
    assert len(next_plan) >= 20  # what nobody claimed is due again
    assert [row[:-1] for row in next_plan] == outbox(second)


def test_a_journey_that_reaches_nobody_says_so(sent: cycles.Cycle) -> None:
    known = sent.journeys[0]
    not_begun = replace(known, name="birthday", starts_on=(AS_OF + timedelta(days=1)).date())
    journeys = [known, not_begun, replace(known, name="easter", enabled=False)]
    cycle = replace(sent, journeys=journeys)
    assert list(absent(cycle)) == ["birthday: nobody (starts 2025-12-11)", "easter: nobody (enabled: false)"]


def test_a_plan_that_cannot_be_written_down_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no folder .*nowhere: create it"):
        invoke("plan", "--data", tmp_path / "data", "--out", tmp_path / "nowhere" / "due.csv", catch_exceptions=False)


def test_a_plan_does_all_that_a_run_does_before_it_commits_but_asks_no_provider() -> None:
    names = [name for name, _ in cycles.PHASES]
    assert cycles.PLANNED[-1] == ("publish", cycles.publish)
    assert names[1 : names.index("commit")] == [name for name, _ in cycles.PLANNED]
    assert names[0] == "reconcile"
