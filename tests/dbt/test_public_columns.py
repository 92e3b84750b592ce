"""What is published is described, column by column, for those who join on it."""

from typing import Any

import duckdb
from ruamel.yaml import YAML

from stammis.core.sql import parquet
from stammis.run import cycle as cycles
from stammis.warehouse.tables import DECIDED_TABLES, PUBLIC_TABLES
from tests.support.places import DBT_PROJECT

MODELS = DBT_PROJECT / "models"


def described(table: str) -> dict[str, Any]:
    """The model of a public table, as the YAML beside it says."""
    (file,) = MODELS.rglob(f"{table}.yml")
    (model,) = YAML(typ="safe").load(file.read_text())["models"]
    assert model["name"] == table
    return dict(model)


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
    """In the same order, so that the two can be read side by side."""
    differing = {
        table: (names, published)
        for table in (*PUBLIC_TABLES, *DECIDED_TABLES)
        if (names := [each["name"] for each in described(table)["columns"]])
        != (published := [name for name, _ in published_columns(sent, table)])
    }
    assert differing == {}
