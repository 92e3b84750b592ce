"""Execute what dbt compiled, on one connection: the same SQL in dbt's order, and dbt's words for what became of it.

What would be made of the same as before is left as it stands. Materialised are tables, views, seeds and data tests, as
`dbt build` does it; a project with a node of another kind goes through dbt. One failing node costs only what waits for
it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb

from stammis.core.sql import parquet
from stammis.core.types import Node
from stammis.warehouse.fingerprints import Fingerprints
from stammis.warehouse.project import Project, Step
from stammis.warehouse.screens import Screens

# What others must not build on. A data test of severity error ends as `fail`; ours warn, and the gate decides.
FAILED = {"error", "fail", "skipped"}
CONTRACT = """This model has an enforced contract that failed.
Please ensure the name, data_type, and number of columns in your contract match the columns in your model's definition.

| column_name | definition_type | contract_type | mismatch_reason |
| ----------- | --------------- | ------------- | --------------- |
"""


class ContractError(Exception):
    """The columns of a model are not those that its YAML agrees to; the text is dbt's table of them."""


@dataclass(frozen=True, slots=True)
class _Target:
    """A step, and the warehouse it is made in, with what it knows of what stands there."""

    warehouse: duckdb.DuckDBPyConnection
    step: Step
    fingerprints: Fingerprints
    screens: Screens

    @property
    def standing(self) -> str | None:
        """What stands under the step's name: `table`, `view` or None."""
        return self.fingerprints.standing.get(self.step.relation)


def execute(
    warehouse: duckdb.DuckDBPyConnection, project: Project, steps: Sequence[Step], on_node: Callable[[int, int], None]
) -> list[Node]:
    """Execute the steps in their order. `on_node` hears how many are done, of how many."""
    for schema in sorted({step.schema for step in steps}):
        warehouse.execute(f'create schema if not exists "{schema}"')
    fingerprints, screens = Fingerprints(warehouse), Screens(warehouse, steps)
    failed: set[str] = set()
    nodes = []
    for step in steps:
        is_skipped = not failed.isdisjoint(step.waits_for)
        node = (
            Node(step.unique_id, step.name, "skipped", 0, "")
            if is_skipped
            else _left_or_executed(_Target(warehouse, step, fingerprints, screens), project)
        )
        if node.status in FAILED:
            failed.add(step.unique_id)
        nodes.append(node)
        on_node(len(nodes), len(steps))
    fingerprints.save()
    return nodes


def _left_or_executed(target: _Target, project: Project) -> Node:
    made_of = target.fingerprints.made_of(target.step)
    node = target.fingerprints.left(target.step, made_of)
    if node is None:
        began = time.process_time()
        node = _execute(target, project)
        target.fingerprints.keep(target.step, made_of, node)
        node = replace(node, cpu_seconds=time.process_time() - began)
    return node


def _execute(target: _Target, project: Project) -> Node:
    step = target.step
    try:
        match step.materialized:
            case "table":
                return _built(step, _create_table(target))
            case "view":
                return _built(step, _replace(target, f"create view {step.relation} as (\n{step.sql}\n)"))
            case "seed":
                return _built(step, _load_seed(target, project))
            case _:
                return _test(target)
    except ContractError as error:
        return _failed(step, "Compilation", str(error))
    except duckdb.Error as error:
        return _failed(step, "Runtime", str(error))


def _built(step: Step, message: str) -> Node:
    return Node(step.unique_id, step.name, "success", 0, message)


def _failed(step: Step, kind: str, text: str) -> Node:
    said = f"{kind} Error in {step.kind} {step.name} ({step.file})\n{text}".replace("\n", "\n  ")
    return Node(step.unique_id, step.name, "error", 0, said)


def _create_table(target: _Target) -> str:
    step = target.step
    if not step.columns:
        return _replace(target, f"create table {step.relation} as (\n{step.sql}\n)")
    _check_contract(target.warehouse, step)
    names = ", ".join(column.name for column in step.columns)
    columns = ", ".join(f"{column.name} {column.data_type}" for column in step.columns)
    return _replace(
        target,
        f"create table {step.relation} ({columns})",
        f"insert into {step.relation} ({names}) (select {names} from (\n{step.sql}\n) as model_subq)",
    )


def _replace(target: _Target, *statements: str) -> str:
    """The new relation in place of the old one, whole or not at all: what failed leaves what stood there before."""
    drop = [f"drop {target.standing} {target.step.relation}"] if target.standing else []
    try:
        target.warehouse.execute("begin")
        target.fingerprints.forget(target.step.relation)
        for statement in (*drop, *statements, "commit"):
            target.warehouse.execute(statement)
    except duckdb.Error:
        target.warehouse.execute("rollback")
        raise
    return "OK"


def _load_seed(target: _Target, project: Project) -> str:
    rows = f"from {parquet(project.seed_file(target.step))}"
    _replace(target, f"create table {target.step.relation} as ({rows})")
    (count,) = target.warehouse.execute(f"select count(*) {rows}").fetchall()[0]
    return f"INSERT {count}"


def _test(target: _Target) -> Node:
    """Count the rows a data test finds; they are kept in schema `failures` where there are any."""
    step = target.step
    if target.screens.passes(step):
        return _passed(target)
    found = f"{step.sql}\nlimit {step.limit}" if step.limit is not None else step.sql
    failures, warns, errs = target.warehouse.execute(
        f"select {step.fail_calc}, {step.fail_calc} {step.warn_if}, {step.fail_calc} {step.error_if} from (\n{found}\n)"
    ).fetchall()[0]
    if step.severity == "ERROR" and errs:
        status, threshold = "fail", f"fail if {step.error_if}"
    elif warns:
        status, threshold = "warn", f"warn if {step.warn_if}"
    else:
        return _passed(target)
    _replace(target, f"create table {step.relation} as (\n{found}\n)")
    results = "1 result" if failures == 1 else f"{failures} results"
    return Node(step.unique_id, step.name, status, int(failures), f"Got {results}, configured to {threshold}")


def _passed(target: _Target) -> Node:
    if target.standing:
        _replace(target)
    return Node(target.step.unique_id, target.step.name, "pass", 0, "")


def _check_contract(warehouse: duckdb.DuckDBPyConnection, step: Step) -> None:
    """Raises ContractError where the SQL gives other columns, or others types, than the YAML agrees to."""
    agreed = ", ".join(f"cast(null as {column.data_type}) as {column.name}" for column in step.columns)
    should = _described(warehouse, f"select {agreed}")
    found = _described(warehouse, step.sql)
    rows = list(_differences(found, should))
    if rows:
        raise ContractError(CONTRACT + "\n".join(f"| {' | '.join(row)} |" for row in rows))


def _described(warehouse: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    return {name: str(kind) for name, kind, *_ in warehouse.execute(f"describe (\n{query}\n)").fetchall()}


def _differences(found: dict[str, str], agreed: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    for name in sorted({*found, *agreed}):
        if name not in found:
            yield name, "", agreed[name], "missing in definition"
        elif name not in agreed:
            yield name, found[name], "", "missing in contract"
        elif found[name] != agreed[name]:
            yield name, found[name], agreed[name], "data type mismatch"
