"""A run leaves what cannot have changed, and nothing else: the warehouse ends as if all had been made anew."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from stammis.core.sql import FileView
from stammis.core.types import Node
from stammis.warehouse import fingerprints
from stammis.warehouse.executor import execute
from stammis.warehouse.project import Project, Step
from tests.support.steps import step


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            "create schema run; create table run.clock as select timestamp '2026-01-01' as as_of, 'salt' as salt"
        )
        connection.execute("create schema raw; create table raw.orders as select * from (values (1), (2)) as t(amount)")
        yield connection


ORDERS = step("orders", "select amount from raw.orders where amount > 0", "raw.orders")
SUMS = step("sums", "select count(*) as orders from marts.orders", "marts.orders")
SHOWN = step("shown", "select * from marts.sums", "marts.sums", materialized="view")
CHECK = step("check", "select * from marts.orders where amount > 1", "marts.orders", materialized="test")
DATED = step("dated", "select as_of, amount from raw.orders, run.clock", "raw.orders", "run.clock")
LATE = step("late", "select as_of > timestamp '2026-01-02' as is_late from run.clock", "run.clock")
ALL = (ORDERS, SUMS, SHOWN, CHECK, DATED, LATE)


def at(query: str) -> dict[str, Any]:
    return {"turns": "at its moments", "moments": ((query, "it is late"),)}


def built(warehouse: duckdb.DuckDBPyConnection, *steps: Step) -> dict[str, Node]:
    chosen = steps or ALL
    return {node.name: node for node in execute(warehouse, Project(Path(), chosen), chosen, lambda *_: None)}


def made_anew(nodes: dict[str, Node]) -> set[str]:
    return {name for name, node in nodes.items() if not node.is_left}


def test_what_reads_nothing_new_is_left_and_says_what_it_said(warehouse: duckdb.DuckDBPyConnection) -> None:
    first = built(warehouse)
    assert made_anew(first) == {each.name for each in ALL}
    second = built(warehouse)
    assert made_anew(second) == set()
    assert {name: replace(node, is_left=False) for name, node in second.items()} == first
    assert (second["check"].status, second["check"].count) == ("warn", 1)


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        ("insert into raw.orders values (3)", {"orders", "sums", "shown", "check", "dated"}),
        ("insert into raw.orders values (-3)", {"orders", "dated"}),
        ("update raw.orders set amount = 9 where amount = 2", {"orders", "sums", "check", "dated"}),
        ("update run.clock set as_of = timestamp '2026-01-01 01:00'", {"dated", "late"}),
        ("drop table marts.orders", {"orders"}),
        ("drop view marts.shown; create table marts.shown as select 7 as orders", {"shown"}),
        ("drop table failures.check", {"check"}),
        ("create table raw.another as select 1 as a", set()),
    ],
)
def test_only_what_a_change_can_reach_is_made_anew(
    warehouse: duckdb.DuckDBPyConnection, change: str, anew: set[str]
) -> None:
    """A view of other contents is made anew; its table may have other columns."""
    built(warehouse)
    warehouse.execute(change)
    assert made_anew(built(warehouse)) == anew
    assert made_anew(built(warehouse)) == set()


def test_a_changed_definition_is_made_anew(warehouse: duckdb.DuckDBPyConnection) -> None:
    built(warehouse)
    changed = replace(CHECK, warn_if="> 5")
    assert made_anew(built(warehouse, ORDERS, SUMS, SHOWN, changed, DATED, LATE)) == {"check"}
    assert made_anew(built(warehouse, *(replace(each, phase=2) for each in ALL))) == {"check"}


def test_records_of_another_version_are_begun_anew(warehouse: duckdb.DuckDBPyConnection) -> None:
    built(warehouse)
    warehouse.execute("alter table run.fingerprints drop column holds_until")
    assert made_anew(built(warehouse)) == {each.name for each in ALL}
    assert made_anew(built(warehouse)) == set()


def test_a_model_that_reads_the_salt_is_left_until_there_is_another(warehouse: duckdb.DuckDBPyConnection) -> None:
    salted = replace(step("salted", "select salt from run.clock", "run.clock"), turns="never")
    assert made_anew(built(warehouse, salted)) == {"salted"}
    warehouse.execute("update run.clock set as_of = as_of + interval 1 day")
    assert made_anew(built(warehouse, salted)) == set()
    warehouse.execute("update run.clock set salt = 'another'")
    assert made_anew(built(warehouse, salted)) == {"salted"}


def test_what_the_gate_overwrites_is_made_anew(warehouse: duckdb.DuckDBPyConnection) -> None:
    built(warehouse)
    fingerprints.forget(warehouse, '"marts"."sums"')
    warehouse.execute("create or replace table marts.sums (orders bigint)")
    assert made_anew(built(warehouse)) == {"sums"}
    assert warehouse.execute("select * from marts.shown").fetchall() == [(2,)]


def test_after_a_build_by_dbt_all_is_made_anew(warehouse: duckdb.DuckDBPyConnection) -> None:
    built(warehouse)
    fingerprints.forget(warehouse)
    assert made_anew(built(warehouse)) == {each.name for each in ALL}


def test_what_a_killed_run_had_made_is_made_anew(warehouse: duckdb.DuckDBPyConnection) -> None:
    built(warehouse)
    warehouse.execute("insert into raw.orders values (3)")

    def killed(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(warehouse, Project(Path(), ALL), ALL, killed)
    warehouse.execute("delete from raw.orders where amount = 3")  # as it was when the record was written
    assert {"orders", "sums"} <= made_anew(built(warehouse))
    assert warehouse.execute("select * from marts.sums").fetchall() == [(2,)]


def test_what_failed_is_tried_again_and_what_stands_on_it_comes_back(warehouse: duckdb.DuckDBPyConnection) -> None:
    built(warehouse)
    broken = replace(SUMS, sql="select no_such from marts.orders")
    nodes = built(warehouse, ORDERS, broken, SHOWN)
    assert [nodes[name].status for name in ("orders", "sums", "shown")] == ["success", "error", "skipped"]
    assert made_anew(built(warehouse, ORDERS, broken, SHOWN)) == {"sums", "shown"}
    assert made_anew(built(warehouse)) == set(), "the old table stood all the time"


def test_a_view_of_which_nobody_knows_the_content_is_read_every_time(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("create view raw.elsewhere as select 1 as a")
    asked = step("asked", "select * from raw.elsewhere", "raw.elsewhere")
    below = step("below", "select * from marts.asked", "marts.asked")
    for anew in ({"asked", "below"}, {"asked"}, {"asked"}):
        assert made_anew(built(warehouse, asked, below)) == anew


def test_a_view_on_files_changes_with_its_files(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    read = step("read", "select * from files.f", "files.f")

    def laid(*names: str) -> set[str]:
        files = tuple(tmp_path / name for name in names)
        listed = ", ".join(f"'{each}'" for each in files)
        view = FileView(f"select a from read_parquet([{listed}])", "a", files)
        fingerprints.lay_views(warehouse, {("files", "f"): view})
        return made_anew(built(warehouse, read))

    for name, value in (("one.parquet", 1), ("two.parquet", 2)):
        warehouse.execute(f"copy (select {value} as a) to '{tmp_path / name}'")
    assert laid("one.parquet") == {"read"}
    assert laid("one.parquet") == set()
    assert laid("one.parquet", "two.parquet") == {"read"}
    warehouse.execute(f"copy (select 3 as a) to '{tmp_path / 'two.parquet'}'")
    assert laid("one.parquet", "two.parquet") == {"read"}
    assert warehouse.execute("select * from marts.read order by a").fetchall() == [(1,), (3,)]


def test_a_model_that_says_until_when_it_holds_is_left_until_then(warehouse: duckdb.DuckDBPyConnection) -> None:
    moments = "select min(moment) from (values (timestamp '2026-01-02'), (timestamp '2026-01-05')) as t(moment)"
    late = replace(LATE, **at(f"{moments} where moment > (select as_of from run.clock)"))

    def moved_to(moment: str) -> set[str]:
        warehouse.execute("update run.clock set as_of = cast(? as timestamp)", [moment])
        return made_anew(built(warehouse, late))

    assert moved_to("2026-01-01") == {"late"}
    assert moved_to("2026-01-01 23:59") == set()
    assert moved_to("2026-01-02") == {"late"}
    assert moved_to("2026-01-04") == set()
    assert moved_to("2026-01-09") == {"late"}
    assert moved_to("2027-01-01") == set()


@pytest.mark.parametrize("materialized", ["table", "view"])
def test_what_reads_a_model_is_made_anew_when_a_moment_of_it_has_come(
    warehouse: duckdb.DuckDBPyConnection, materialized: str
) -> None:
    """A view is made of the same as before, and shows another thing all the same."""
    moments = "select min(moment) from (values (timestamp '2026-01-02 00:00:01')) as t(moment)"
    known = f"{moments} where moment > (select as_of from run.clock)"
    late = replace(step("late", LATE.sql, "run.clock", materialized=materialized), **at(known))
    shown = step("shown_late", "select * from marts.late", "marts.late", materialized="view")
    below = step("below", "select is_late from marts.shown_late", "marts.shown_late")
    for moment, is_late in (("2026-01-01", False), ("2026-01-02", False), ("2026-01-03", True), ("2026-01-04", True)):
        warehouse.execute("update run.clock set as_of = cast(? as timestamp)", [moment])
        built(warehouse, late, shown, below)
        assert warehouse.execute("select * from marts.below").fetchall() == [(is_late,)], moment


def test_a_model_whose_moments_cannot_be_asked_is_made_anew_every_time(warehouse: duckdb.DuckDBPyConnection) -> None:
    late = replace(LATE, **at("select no_such"))
    assert made_anew(built(warehouse, late)) == made_anew(built(warehouse, late)) == {"late"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("(1, 10), (2, 20)", "(1, 20), (2, 10)"),
        ("(1, 2)", "(2, 1)"),
        ("(1, 1), (1, 1)", "(2, 2), (2, 2)"),
        ("(1, 1), (1, 1)", "(1, 1)"),
        ("(1, null)", "(null, 1)"),
        ("(0, 0)", "(0, null)"),
    ],
)
def test_a_fingerprint_sees_cells_that_trade_places_and_rows_that_repeat(
    warehouse: duckdb.DuckDBPyConnection, before: str, after: str
) -> None:
    def of(rows: str) -> str:
        warehouse.execute(f"create or replace table raw.rows as select * from (values {rows}) as t(a, b)")
        return fingerprints.rows_fingerprint(warehouse, "raw.rows")

    assert of(before) != of(after)
    assert of("(1, 2), (3, 4)") == of("(3, 4), (1, 2)"), "rows have no order"


@pytest.mark.parametrize("cell", ["'{}'", "['{}']", "{{'a': '{}'}}"])
def test_a_fingerprint_sees_texts_that_the_engines_hash_takes_for_one(
    warehouse: duckdb.DuckDBPyConnection, cell: str
) -> None:
    texts = ("aaaaaaa!bbbbbbb!cccc", "aaaaaaazbbbbbbbDcccc")
    (same,) = warehouse.execute("select hash(?) = hash(?)", list(texts)).fetchall()[0]
    assert same, "else this shows nothing"
    found = set()
    for text in texts:
        warehouse.execute(f"create or replace table raw.rows as select 1 as id, {cell.format(text)} as a")
        found.add(fingerprints.rows_fingerprint(warehouse, "raw.rows"))
    assert len(found) == 2


@pytest.mark.parametrize("column", ["1 as b", "1::bigint as a", "'1' as a", "1 as a, null as b"])
def test_a_fingerprint_sees_the_names_and_types_of_columns(warehouse: duckdb.DuckDBPyConnection, column: str) -> None:
    parts = []
    for each in ("1 as a", column):
        warehouse.execute(f"create or replace table raw.rows as select {each}")
        parts.append(fingerprints.rows_fingerprint(warehouse, "raw.rows"))
    assert parts[0] != parts[1]


EVENTS = (
    "insert into raw.orders values (1)",
    "insert into raw.orders values (-1)",
    "delete from raw.orders where amount = 1",
    "update raw.orders set amount = amount + 1",
    "update run.clock set as_of = as_of + interval 6 hour",
    "drop table if exists marts.orders",
    "drop table if exists marts.sums",
    "kill",
    "break sums",
    "dbt",
)


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happened_between_runs_the_last_one_ends_as_a_first_one_would(tmp_path: Path, seed: int) -> None:
    events = random.Random(seed).choices(EVENTS, k=8)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute(
            "create schema run; create table run.clock as select timestamp '2026-01-01' as as_of, 'salt' as salt"
        )
        warehouse.execute("create schema raw; create table raw.orders as select 1 as amount")
        moment = "select timestamp '2026-01-02' + interval 1 microsecond as moment"
        late = replace(LATE, **at(f"select min(moment) from ({moment}) where moment > (select as_of from run.clock)"))
        steps = (ORDERS, SUMS, SHOWN, CHECK, DATED, late)
        for number, event in enumerate(events):
            _happen(warehouse, event, steps, number)
        nodes = built(warehouse, *steps)
        kept = _contents(warehouse)
        for schema in ("marts", "failures"):
            warehouse.execute(f"drop schema {schema} cascade")
        fingerprints.forget(warehouse)
        fresh = built(warehouse, *steps)
        assert kept == _contents(warehouse)
        assert {name: replace(node, is_left=False) for name, node in nodes.items()} == fresh


def _happen(warehouse: duckdb.DuckDBPyConnection, event: str, steps: tuple[Step, ...], number: int) -> None:
    match event:
        case "kill":

            def stop(done: int, _: int) -> None:
                if done == 1 + number % len(steps):
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                execute(warehouse, Project(Path(), steps), steps, stop)
        case "break sums":
            built(warehouse, *(replace(each, sql="select oops") if each is SUMS else each for each in steps))
        case "dbt":
            fingerprints.forget(warehouse)
            warehouse.execute("create schema if not exists marts; create or replace table marts.dated as select 0 as a")
        case _:
            warehouse.execute(event)
            built(warehouse, *steps)


def _contents(warehouse: duckdb.DuckDBPyConnection) -> dict[str, object]:
    names = "select table_schema || '.' || table_name from information_schema.tables"
    query = f"{names} where table_schema in ('marts', 'failures')"
    return {
        name: warehouse.execute(f"select * from {name} order by all").fetchall()
        for (name,) in warehouse.execute(query).fetchall()
    }
