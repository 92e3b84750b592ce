"""A run may end early only where everything a decision stands on says when it turns."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from stammis.warehouse import fingerprints
from stammis.warehouse.fingerprints import Fingerprint
from stammis.warehouse.moments import next_turn
from stammis.warehouse.project import Step
from tests.support.steps import step

SCORES = replace(step("scores", "select 1 as rank_days", "run.clock"), is_silent=True, any_time=("rank_days",))
CUSTOMERS = replace(step("customers", "select rank_days from marts.scores", "marts.scores"), any_time=("rank_days",))
DATED = replace(step("dated", "select 1 as a", "run.clock"), moments=(("select 1", "it turns"),))
MOMENT = datetime.fromisoformat("2026-01-02")


def audience(sql: str, *reads: str) -> Step:
    decides = step("audience_x", sql, *reads)
    return replace(decides, schema="audiences", relation='"audiences"."audience_x"')


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        fingerprints.forget(connection)
        record = Fingerprint('"marts"."dated"', "a", "b", until=MOMENT, what="it turns")
        fingerprints.write(connection, [record])
        yield connection


def test_the_next_moment_of_what_decides_is_told(warehouse: duckdb.DuckDBPyConnection) -> None:
    steps = [DATED, audience("select a from marts.dated", "marts.dated")]
    assert next_turn(warehouse, steps) == (MOMENT, "it turns")
    assert next_turn(warehouse, [DATED, step("report", "select 1", "marts.dated")]) == (None, "")


@pytest.mark.parametrize(
    ("sql", "is_known"),
    [
        ("select name from marts.customers", True),
        ("select * from marts.customers where rank_days > 3", False),
        ("select * from marts.customers where RANK_DAYS > 3", False),
        ("select columns('rank_.*') from marts.customers", False),
        ("select rank_days_of_old from marts.customers", True),
    ],
)
def test_who_decides_by_a_column_that_changes_with_the_hour_is_decided_at_every_run(
    warehouse: duckdb.DuckDBPyConnection, sql: str, is_known: bool
) -> None:
    steps = [SCORES, CUSTOMERS, audience(sql, "marts.customers")]
    assert (next_turn(warehouse, steps) is not None) == is_known


def test_a_silent_look_at_the_clock_may_turn_at_any_time(warehouse: duckdb.DuckDBPyConnection) -> None:
    silent = replace(step("silent", "select 1 as a", "run.clock"), is_silent=True)
    assert next_turn(warehouse, [silent, audience("select a from marts.silent", "marts.silent")]) is None


@pytest.mark.parametrize("what", [None, "gone"])
def test_moments_that_could_not_be_asked_may_be_any(warehouse: duckdb.DuckDBPyConnection, what: str | None) -> None:
    fingerprints.forget(warehouse, *(['"marts"."dated"'] if what else []))
    fingerprints.write(warehouse, [] if what else [Fingerprint('"marts"."dated"', "a", "b", what=None)])
    assert next_turn(warehouse, [DATED, audience("select a from marts.dated", "marts.dated")]) is None
