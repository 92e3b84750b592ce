"""What is published is described for those who join on it, and a public mart changes no column unnoticed."""

from typing import Any

import duckdb
from ruamel.yaml import YAML

from stammis.core.sql import parquet
from stammis.run import cycle as cycles
from stammis.warehouse.tables import DECIDED_TABLES, PUBLIC_TABLES
from tests.support.places import DBT_PROJECT

MODELS = DBT_PROJECT / "models"
MARTS = sorted({path.stem for path in (MODELS / "marts").rglob("*.sql")} & set(PUBLIC_TABLES))


def described(table: str) -> dict[str, Any]:
    """The model of a public table, as the YAML beside it says."""
    (file,) = MODELS.rglob(f"{table}.yml")
    (model,) = YAML(typ="safe").load(file.read_text())["models"]
    assert model["name"] == table
    return dict(model)


def cast_of(column: dict[str, Any]) -> str:
    return f"cast(null as {column['data_type']}) as {column['name']}"


def has_contract(model: dict[str, Any]) -> bool:
    return bool(model.get("config", {}).get("contract", {}).get("enforced"))


def published_columns(cycle: cycles.Cycle, table: str) -> list[tuple[str, str]]:
    """Name and type of each column of a published table, in its order."""
    return types_of(f"select * from {parquet(cycle.settings.published / cycle.run_id / f'{table}.parquet')}")


def types_of(query: str) -> list[tuple[str, str]]:
    """Name and type of each column of a query."""
    with duckdb.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(f"describe {query}").fetchall()]


def test_every_published_column_is_described() -> None:
    silent = {
        table: columns
        for table in (*PUBLIC_TABLES, *DECIDED_TABLES)
        if (columns := [each["name"] for each in described(table)["columns"] if not each.get("description")])
    }
    assert silent == {}


def test_what_is_described_is_what_is_published(sent: cycles.Cycle) -> None:
    """In the same order: under a contract the YAML's order is the table's."""
    differing = {
        table: (names, published)
        for table in (*PUBLIC_TABLES, *DECIDED_TABLES)
        if (names := [each["name"] for each in described(table)["columns"]])
        != (published := [name for name, _ in published_columns(sent, table)])
    }
    assert differing == {}


def test_every_public_mart_has_an_enforced_contract() -> None:
    assert len(MARTS) >= 15
    assert [table for table in MARTS if not has_contract(described(table))] == []


def test_a_contract_has_the_types_of_the_published_table(sent: cycles.Cycle) -> None:
    agreed = {table: model["columns"] for table in PUBLIC_TABLES if has_contract(model := described(table))}
    differing = {
        table: (types, published)
        for table, columns in agreed.items()
        if (types := types_of(f"select {', '.join(map(cast_of, columns))}"))
        != (published := published_columns(sent, table))
    }
    assert differing == {}
