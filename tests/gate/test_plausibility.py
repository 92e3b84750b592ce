"""Is today plausible? Limits are the seed's; Great Expectations is asked when a table has changed, and only then."""

from pathlib import Path

import duckdb
import pytest

from stammis.core.settings import Settings
from stammis.core.types import Node
from stammis.gate import Finding, check_outbox, plausibility
from stammis.gate.findings import CheckCache
from stammis.gate.tables import open_tables
from tests.support.places import SEEDS
from tests.support.processes import python

MEMBERSHIPS = {"memberships": "gate.memberships_checked"}
LOOK = """
import sys
from pathlib import Path
from stammis.gate.plausibility import find_implausible
from stammis.gate.tables import open_tables
from stammis.core.settings import Settings
settings = Settings(data=Path(sys.argv[1]), landing=Path(sys.argv[1]))
with open_tables(settings) as tables:
    found = find_implausible(settings, tables, {"memberships": "gate.memberships_checked"}, {"memberships_checked"})
print(len(found), "great_expectations" in sys.modules)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse as phase 1 leaves it: the real limits, and ten members none of whom is odd."""
    settings = Settings(data=tmp_path, landing=tmp_path)
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("create schema gate; create schema seeds; create schema outbox")
        seed = SEEDS / "plausible.csv"
        warehouse.execute(f"create table seeds.plausible as from read_csv('{seed}')")
        warehouse.execute("create table seeds.limits as select 'few_rows' as limit_name, 3 as amount")
    members(settings, 10)
    return settings


def members(settings: Settings, count: int, odd: int = 0, impossible: int = 0) -> None:
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(
            "create or replace view gate.memberships_checked as select 'm' || range as row_id, 'm' || range as "
            f"customer_id, range as points_balance, range < {odd} as is_odd_points_balance, "
            f"range < {impossible} as is_impossible_points_balance from range({count})"
        )


def look(settings: Settings) -> list[Finding]:
    with open_tables(settings) as tables:
        return plausibility.find_implausible(settings, tables, MEMBERSHIPS, {"memberships_checked"})


def said(findings: list[Finding]) -> list[tuple[str, int, bool]]:
    return [(each.check_name, each.count, each.is_critical) for each in findings]


def test_a_plausible_table_says_nothing(settings: Settings) -> None:
    assert look(settings) == []
    assert not list((settings.data / "gate").glob("*.parquet")), "no copy of a table is left behind"


def test_an_impossible_row_stops_what_stands_on_its_table(settings: Settings) -> None:
    members(settings, 10, odd=3, impossible=1)
    (finding,) = look(settings)
    reason = "implausible: 1 of 10 memberships by points_balance (seeds/plausible.csv)"
    assert finding == Finding("gx_memberships_points_balance", reason, 1, "model.stammis.memberships")


def test_an_odd_row_is_a_warning(settings: Settings) -> None:
    members(settings, 10, odd=2)
    assert said(look(settings)) == [("gx_memberships_points_balance", 2, False)]


def test_missing_rows_are_missed_until_they_are_back_or_accepted(settings: Settings) -> None:
    check = "gx_memberships_row_count_kept_percent"
    members(settings, 100)
    assert look(settings) == []
    members(settings, 80)
    assert said(look(settings)) == [(check, 20, False)], "four fifths of them left is a warning"
    assert said(look(settings)) == [(check, 20, False)], "which stands while nothing changes"
    members(settings, 63)
    (finding,) = look(settings)
    assert (
        finding.check_name,
        finding.reason,
        finding.is_critical,
    ) == (check, "implausible: 63 memberships, where the run before had 80", True)
    assert said(look(settings)) == [(check, 17, True)], "the next run holds them too"
    members(settings, 62)
    assert said(look(settings)) == [(check, 18, True)], "and compares with what was plausible"
    plausibility.accept(settings, check)
    assert look(settings) == []


def test_a_few_rows_may_always_go_but_never_all(settings: Settings) -> None:
    for count in (10, 7, 4, 1):
        members(settings, count)
        assert look(settings) == []
    members(settings, 0)
    assert said(look(settings)) == [("gx_memberships_row_count_kept_percent", 1, True)]


def test_a_table_that_lost_all_its_rows_is_implausible_and_one_that_never_had_any_is_not(settings: Settings) -> None:
    members(settings, 0)
    assert look(settings) == []
    members(settings, 10)
    assert look(settings) == []
    members(settings, 0)
    assert said(look(settings)) == [("gx_memberships_row_count_kept_percent", 10, True)]


def test_great_expectations_is_imported_only_for_a_table_that_changed(settings: Settings) -> None:
    def looked() -> list[str]:
        ran = python("-c", LOOK, settings.data)
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.split()

    members(settings, 10, odd=2)
    assert looked() == ["1", "True"]
    assert looked() == ["1", "False"]


def test_a_rule_that_cannot_be_asked_stops_and_is_asked_again(settings: Settings) -> None:
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        nonsense = "('memberships', 'nonsense', 'most', null, 1, 'no column')"
        warehouse.execute(f"insert into seeds.plausible values {nonsense}")
    for _ in range(2):
        (finding,) = look(settings)
        assert (finding.check_name, finding.is_critical) == ("gx_memberships_nonsense", True)
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("delete from seeds.plausible where measure = 'nonsense'")
    assert look(settings) == []


def test_a_memory_cut_short_is_no_memory(settings: Settings) -> None:
    look(settings)
    file = settings.data / "gate" / "results.json"
    file.write_text(file.read_text()[:40])
    assert None is CheckCache(settings).of("memberships")
    assert look(settings) == []


def test_a_journey_that_would_say_too_much_is_stopped_alone_until_released(settings: Settings) -> None:
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(
            "create table outbox.outbox_compared as select journey as row_id, journey, size, 100.0 as weekday_median, "
            "true as is_odd_weekday_size, size > 300 as is_impossible_weekday_size "
            "from (values ('win_back', 301), ('welcome', 300)) as sizes (journey, size)"
        )
    nodes = [Node("model.stammis.outbox_compared", "outbox_compared", "success", 0, "")]
    judgement = check_outbox(settings, nodes, ["welcome", "win_back"])
    (hold,) = judgement.by_journey
    assert (hold.journey, hold.check_name, hold.failure_count) == ("win_back", "gx_outbox_weekday_size", 301)
    assert hold.reason == "implausible: 301 messages today, where 100 are usual on this weekday"
    released = check_outbox(settings, nodes, ["welcome", "win_back"], {("win_back", "gx_outbox_weekday_size")})
    assert (released.by_journey, released.released) == ([], [hold])
