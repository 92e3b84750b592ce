"""Nothing is known before its time: no moment after a run's own, and a past day stays what it was."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from stammis import intake
from stammis.core.errors import InputError
from stammis.core.settings import Settings
from stammis.core.sql import parquet
from stammis.demo import AS_OF, write_shop
from stammis.demo.days import land_day
from stammis.run import cycle as cycles
from tests.support.command_line import invoke
from tests.support.cycles import run_cycle
from tests.support.places import settings_in

DAYS = 6
MIDDLE = AS_OF + timedelta(days=3)
END = AS_OF + timedelta(days=DAYS)
# What is promised for later says so in its name; a rule of the journey says whether the time to enter has come.
MAY_LIE_AHEAD = re.compile(r"(due|expires)_at$|_until$|rules_\w+\"\.entered_at$")
MOMENTS = """
    select table_schema || '."' || table_name || '"', column_name from information_schema.columns
    where table_schema not like 'intake%' and table_schema not in ('staging', 'seeds', 'failures', 'ledger', 'gate')
        and (column_name like '%\\_at' escape '\\' or data_type like 'TIMESTAMP%')
    order by all
"""


def take_in_up_to(folder: Path, last: datetime) -> Settings:
    """Each day's files taken in on their day: a file without a date of its own is known from then on."""
    write_shop(folder, customers=300, seed=7, days=DAYS)
    settings = settings_in(folder)
    day = AS_OF
    while day <= last:
        intake.ingest(settings, day)
        day += timedelta(days=1)
        assert day > last or land_day(folder, day.date())
    return settings


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    """The shop on its fourth day, built by one who has no later file."""
    return run_cycle(take_in_up_to(tmp_path_factory.mktemp("then"), MIDDLE), MIDDLE)


@pytest.fixture(scope="module")
def looked_back(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same day, looked back to by one who has taken in the files of the days after it as well."""
    folder = tmp_path_factory.mktemp("now")
    settings = take_in_up_to(folder, END)
    places = ["--data", settings.data, "--out", folder / "past"]
    ran = invoke("look-back", f"{MIDDLE:%Y-%m-%dT%H:%MZ}", *places, catch_exceptions=False)
    assert (ran.exit_code, "tables as of 2025-12-13" in ran.output) == (0, True)
    return folder / "past"


def test_a_past_day_is_what_it_was_with_only_its_own_files(then: cycles.Cycle, looked_back: Path) -> None:
    current = then.settings.published / then.run_id
    built = {node.name for node in then.nodes if node.unique_id.startswith("model.")}
    tables = sorted(path.stem for path in looked_back.glob("*.parquet") if path.stem in built)
    assert {"customers", "orders", "customer_events", "consents", "points_movements", "audience_win_back"} < set(tables)
    differing = {}
    with duckdb.connect() as database:
        for table in tables:
            sides = [f"(from {parquet(folder / f'{table}.parquet')})" for folder in (current, looked_back)]
            for name, (one, other) in {"lost": (sides[0], sides[1]), "added": (sides[1], sides[0])}.items():
                if rows := database.execute(f"from {one} except all from {other} limit 3").fetchall():
                    differing[f"{table} {name}"] = rows
    assert differing == {}


def test_the_days_after_it_had_something_to_tell(then: cycles.Cycle, looked_back: Path) -> None:
    """Otherwise the past would be the same for want of a present."""
    now = Settings(data=looked_back.parent / "data", landing=looked_back.parent / "landing")
    loaded = [sum(count.rows_loaded for count in intake.landing_report(each)) for each in (then.settings, now)]
    assert loaded[0] + 50 < loaded[1]


def test_no_moment_lies_after_the_run_unless_its_name_says_so(then: cycles.Cycle, tmp_path: Path) -> None:
    """The landing holds three more days, dated as if they had come before the run: nothing may show them."""
    settings = take_in_up_to(tmp_path, MIDDLE)
    for day in sorted((tmp_path / "days").iterdir()):
        for file in day.rglob("*.*"):
            later = re.sub(r"2025-12-1(\d)", r"2025-12-13_\1", file.name)
            file.rename(settings.landing / file.parent.name / later)
    cycle = run_cycle(settings, MIDDLE)
    assert sum(count.rows_future_dated for count in intake.landing_report(settings)) > 20
    ahead, seen = {}, 0
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        for table, column in warehouse.execute(MOMENTS).fetchall():
            query = f'select count(*), max("{column}") from {table} where "{column}" > ?'
            count, latest = warehouse.execute(query, [cycle.as_of]).fetchall()[0]
            seen += 1
            if count and not MAY_LIE_AHEAD.search(f"{table}.{column}"):
                ahead[f"{table}.{column}"] = (count, latest)
    assert seen > 80
    assert ahead == {}


def test_what_was_never_taken_in_has_no_past(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(InputError, match="there is no past to look at"):
        invoke(
            "look-back", "2025-12-01", "--data", tmp_path / "data", "--out", tmp_path / "out", catch_exceptions=False
        )
