"""One look at a relation answers all its row tests that pass; what does not pass is asked by its own SQL."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from stammis.warehouse.executor import execute
from stammis.warehouse.project import Project, Step
from stammis.warehouse.screens import Screens, screen_of
from tests.support.steps import step

RELATION = '"shop"."marts"."people"'
NOT_NULL = f"select name\nfrom {RELATION}\nwhere name is null\n"
ACCEPTED = f"""
with all_values as (

    select
        tier as value_field,
        count(*) as n_records

    from {RELATION}
    group by tier

)

select *
from all_values
where value_field not in (
    'gold','silver'
)
"""


def check(name: str, sql: str) -> Step:
    return step(name, sql, "marts.people", materialized="test")


@pytest.fixture
def people(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as warehouse:
        warehouse.execute("create schema marts; create table marts.people (name varchar, tier varchar)")
        yield warehouse


@pytest.mark.parametrize(
    ("sql", "screen"),
    [
        (NOT_NULL, "count(*) = count(name)"),
        (f"select * from {RELATION} where name is null", "count(*) = count(name)"),
        (ACCEPTED, "coalesce(bool_and(tier in ('gold','silver')), true)"),
        (f"select name from {RELATION} where name is null and tier = 'gold'", ""),
        (f"select name from (select * from {RELATION} where tier = 'gold') where name is null", ""),
        ('select name from "shop"."marts"."others" where name is null', ""),
        (f"select count(*) from {RELATION} having count(*) > 7", ""),
    ],
)
def test_only_what_dbt_writes_for_these_tests_is_screened(sql: str, screen: str) -> None:
    assert screen_of(check("a", sql)) == screen


@pytest.mark.parametrize("changes", [{"limit": 5}, {"warn_if": "> 3"}, {"error_if": "> 3"}, {"fail_calc": "sum(a)"}])
def test_a_test_with_limits_of_its_own_is_left_to_itself(changes: dict[str, object]) -> None:
    assert screen_of(replace(check("a", NOT_NULL), **changes)) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "failing"),
    [
        ("('Eva', 'gold'), ('Jan', null)", set()),
        ("(null, 'gold')", {"named"}),
        ("('Eva', 'bronze'), ('Jan', null)", {"tiered"}),
        ("(null, 'bronze'), (null, 'bronze')", {"named", "tiered"}),
        ("", set()),
    ],
)
def test_the_tests_end_as_by_their_own_sql(people: duckdb.DuckDBPyConnection, rows: str, failing: set[str]) -> None:
    if rows:
        people.execute(f"insert into marts.people values {rows}")
    steps = (check("named", NOT_NULL), check("tiered", ACCEPTED))
    screens = Screens(people, steps)
    assert {each.name for each in steps if not screens.passes(each)} == failing
    nodes = execute(people, Project(Path(), steps), steps, lambda *_: None)
    for node, each in zip(nodes, steps, strict=True):
        (count,) = people.execute(f"select count(*) from ({each.sql})").fetchall()[0]
        assert (node.status, node.count) == ("warn" if count else "pass", count)


def test_one_that_cannot_be_asked_takes_no_other_with_it(people: duckdb.DuckDBPyConnection) -> None:
    steps = (check("named", NOT_NULL), check("lost", NOT_NULL.replace("name", "surname")))
    nodes = execute(people, Project(Path(), steps), steps, lambda *_: None)
    assert [node.status for node in nodes] == ["pass", "error"]
