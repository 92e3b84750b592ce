"""What dbt compiled is executed as dbt would: the same relations, statuses, counts and words, nothing half built."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from stammis.core.types import Node
from stammis.gate.gate import judge
from stammis.warehouse.executor import execute
from stammis.warehouse.project import Column, Project, Step
from tests.support import steps


def step(name: str, sql: str, *waits_for: str, materialized: str = "table") -> Step:
    """A step that waits for nodes by their ids."""
    return replace(steps.step(name, sql, materialized=materialized), waits_for=waits_for)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        yield connection


def built(warehouse: duckdb.DuckDBPyConnection, *chosen: Step, folder: Path = Path()) -> dict[str, Node]:
    nodes = execute(warehouse, Project(folder, chosen), chosen, lambda *_: None)
    assert [node.unique_id for node in nodes] == [each.unique_id for each in chosen]
    return {node.name: node for node in nodes}


def rows(warehouse: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[object, ...]]:
    return warehouse.execute(f"select * from {relation} order by all").fetchall()


def test_a_table_and_a_view_of_it_are_built_and_built_again(warehouse: duckdb.DuckDBPyConnection) -> None:
    view = step("b", "select a + 1 as b from marts.a", "model.stammis.a", materialized="view")
    for value in (1, 2):
        nodes = built(warehouse, step("a", f"select {value} as a"), view)
        assert {node.status for node in nodes.values()} == {"success"}
        assert rows(warehouse, "marts.b") == [(value + 1,)]


def test_a_table_may_become_a_view_and_a_view_a_table(warehouse: duckdb.DuckDBPyConnection) -> None:
    for materialized in ("table", "view", "table"):
        built(warehouse, step("a", "select 1 as a", materialized=materialized))
        assert rows(warehouse, "marts.a") == [(1,)]


def test_a_seed_is_what_dbt_loaded(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute(f"copy (select 1 as level, 'silver' as tier) to '{tmp_path}/tiers.parquet'")
    seed = step("tiers", "", materialized="seed")
    assert built(warehouse, seed, folder=tmp_path)["tiers"].message == "INSERT 1"
    assert rows(warehouse, "marts.tiers") == [(1, "silver")]


def test_one_failing_node_costs_only_what_waits_for_it_and_leaves_what_stood(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    good = (step("a", "select 1 as a"), step("b", "select 2 as b", "model.stammis.a"))
    built(warehouse, *good, step("c", "select 3 as c"))
    broken = replace(good[0], sql="select no_such from (select 1 as a)")
    nodes = built(warehouse, broken, good[1], step("c", "select 4 as c"), step("d", "", "model.stammis.b"))
    assert {name: node.status for name, node in nodes.items()} == {
        "a": "error",
        "b": "skipped",
        "c": "success",
        "d": "skipped",
    }
    assert nodes["a"].message.startswith("Runtime Error in model a (models/a.sql)\n  Binder Error: ")
    assert [rows(warehouse, f"marts.{name}") for name in "abc"] == [[(1,)], [(2,)], [(4,)]]


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({}, "warn", "Got 2 results, configured to warn if != 0"),
        ({"warn_if": "> 2", "error_if": "> 2"}, "pass", ""),
        ({"severity": "ERROR"}, "fail", "Got 2 results, configured to fail if != 0"),
        ({"severity": "ERROR", "error_if": "> 5"}, "warn", "Got 2 results, configured to warn if != 0"),
        ({"limit": 1}, "warn", "Got 1 result, configured to warn if != 0"),
        ({"fail_calc": "sum(a)"}, "warn", "Got 3 results, configured to warn if != 0"),
    ],
    ids=str,
)
def test_a_check_ends_as_its_thresholds_say(
    warehouse: duckdb.DuckDBPyConnection, changes: dict[str, object], status: str, message: str
) -> None:
    check = replace(step("check", "from (values (1), (2)) as t(a)", "model.stammis.a", materialized="test"), **changes)  # type: ignore[arg-type]
    below = step("b", "select 1 as b", check.unique_id)
    nodes = built(warehouse, step("a", "select 1 as a"), check, below)
    assert (nodes["check"].status, nodes["check"].message) == (status, message)
    assert nodes["b"].status == ("skipped" if status == "fail" else "success")


def test_the_rows_a_check_found_are_kept_until_it_passes(warehouse: duckdb.DuckDBPyConnection) -> None:
    check = step("check", "select 'R7' as receipt", materialized="test")
    built(warehouse, check)
    assert rows(warehouse, "failures.check") == [("R7",)]
    built(warehouse, replace(check, sql="select 'R7' as receipt where false"))
    assert warehouse.execute("from information_schema.tables where table_schema = 'failures'").fetchall() == []


def test_a_check_that_cannot_run_is_an_error_and_no_pass(warehouse: duckdb.DuckDBPyConnection) -> None:
    node = built(warehouse, step("check", "select * from marts.none", materialized="test"))["check"]
    assert (node.status, node.message.partition("\n")[0]) == ("error", "Runtime Error in test check (models/check.sql)")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select 1::bigint as a, 'x' as b", ""),
        ("select 'x' as b, 1::bigint as a", ""),
        ("select 1::integer as a, 'x' as b", "column a is INTEGER, not BIGINT"),
        ("select 1::bigint as a", "the model has no column b"),
        ("select 1::bigint as a, 'x' as b, 2 as c", "column c is not in its YAML"),
    ],
)
def test_a_contract_is_kept_or_the_gate_says_by_which_column_it_is_broken(
    warehouse: duckdb.DuckDBPyConnection, sql: str, said: str
) -> None:
    agreed = replace(step("points", sql), columns=(Column("a", "bigint"), Column("b", "string")))
    node = built(warehouse, agreed)["points"]
    if not said:
        assert (node.status, rows(warehouse, "marts.points")) == ("success", [(1, "x")])
        return
    manifest = {
        "nodes": {},
        "child_map": {node.unique_id: ["model.stammis.audience_nudge"], "model.stammis.audience_nudge": []},
    }
    (hold,) = judge(
        [node, Node("model.stammis.audience_nudge", "audience_nudge", "success", 0, "")], manifest, ["nudge"], []
    ).holds
    assert said in hold.reason
