"""What surrounds a build: clock, landing, ledger and journeys for the models before it, published Parquet after it.

Nobody else opens the file: a reader would make the build fail, so readers get `published/`.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from stammis.core.errors import WarehouseError
from stammis.core.files import whole_file, whole_folder
from stammis.core.identifiers import read_numbering
from stammis.core.settings import Settings
from stammis.core.sql import copy_to, parquet, parquet_in
from stammis.core.types import Hold, Node
from stammis.intake import landing_report, source_relations, unread_words
from stammis.journeys import Journey
from stammis.ledger.export import exported
from stammis.warehouse import fingerprints
from stammis.warehouse.building import Variables, lineage
from stammis.warehouse.connection import open_warehouse
from stammis.warehouse.tables import (
    AUDIENCE,
    CLOCK,
    DECIDED_TABLES,
    HOLDS,
    JOURNEYS,
    LANDING_REPORT,
    LEDGER_TABLES,
    OPTIONAL,
    PUBLIC_SCHEMAS,
    PUBLIC_TABLES,
    PUBLISHED_TABLES,
    RULES,
    RUN_HISTORY,
    SCHEMAS,
    STEPS,
    UNREAD_WORDS,
)
from stammis.warehouse.valuations import valuation_relations

CONDITION = ("variant", "column", "op", "value")  # of a branch; on which line it stands makes no other model


def audience_names(settings: Settings) -> list[str]:
    """Names of the journeys that have an audience model. dbt gets this list, so that no third file has to name them."""
    models = (settings.dbt_project / "models" / "audiences").rglob("audience_*.sql")
    return sorted(model.stem.removeprefix("audience_") for model in models)


def prepare_inputs(settings: Settings, as_of: datetime, run_id: str, journeys: Sequence[Journey]) -> None:
    """Create what the models read: clock, journeys, run history, and views on landing and ledger.

    Raises WarehouseError when the warehouse has already decided for a later moment, or nothing could be published.
    """
    _check_current(settings)
    with open_warehouse(settings) as warehouse:
        for schema in SCHEMAS:
            warehouse.execute(f"create schema if not exists {schema}")
        _refuse_older(warehouse, as_of)
        clock = {"as_of": as_of, "run_id": run_id, "salt": settings.derived_key("ids")}
        _write_table(warehouse, "clock", CLOCK, [clock])
        _write_table(warehouse, "held_journeys", HOLDS, [])
        _write_table(warehouse, "journeys", JOURNEYS, [_journey_row(journey) for journey in journeys])
        steps = [
            {**asdict(step), "journey": journey.name, "step": step.name}
            for journey in journeys
            for step in journey.steps
        ]
        _write_table(warehouse, "journey_steps", STEPS, steps)
        _write_table(warehouse, "unread_words", UNREAD_WORDS, unread_words(settings))
        landed = {(f"intake_{source}", table): view for (source, table), view in source_relations(settings).items()}
        ledger = {("ledger", table): exported(settings.ledger_export, table) for table in LEDGER_TABLES}
        valued = {("run", table): view for table, view in valuation_relations(settings, as_of).items()}
        fingerprints.lay_views(warehouse, landed | ledger | valued)
        _load_run_history(warehouse, settings, as_of)


def _check_current(settings: Settings) -> None:
    """Raises WarehouseError where `current` is no link: publishing could not move it."""
    current = settings.published / "current"
    if current.is_dir() and not current.is_symlink():
        raise WarehouseError(
            f"{current} is a folder and no link to a run, as where the data folder was copied and links were followed. "
            "Remove it and run again: it will link to the new run."
        )


def variables(names: Sequence[str], journeys: Sequence[Journey], languages: Sequence[str] = ()) -> Variables:
    """The dbt variables that parsing needs: audiences, conditions of the journeys' branches, languages of messages.

    Without `languages`, those of dbt_project.yml stand.
    """
    branches = [
        {"journey": journey.name, "step": step.name, **{part: getattr(branch, part) for part in CONDITION}}
        for journey in journeys
        for step in journey.steps
        for branch in step.branches
    ]
    known = {"journeys": list(names), "branches": branches}
    return known | {"languages": list(languages)} if languages else known


def hold_journeys(settings: Settings, holds: Sequence[Hold], built: Sequence[Node], journeys: Sequence[str]) -> None:
    """Write what the gate decided, and an empty audience wherever none was built in this run.

    Without the empty relation phase 2 would fail for every journey on a fresh warehouse.
    """
    succeeded = {node.name for node in built if node.status == "success"}
    with open_warehouse(settings) as warehouse:
        _write_table(warehouse, "held_journeys", HOLDS, holds)
        for journey in journeys:
            if f"audience_{journey}" not in succeeded:
                _overwrite(warehouse, f'"audiences"."audience_{journey}"', AUDIENCE)
        for table, columns in OPTIONAL.items():
            if table not in succeeded:
                _overwrite(warehouse, f'"marts"."{table}"', columns)


def _overwrite(warehouse: duckdb.DuckDBPyConnection, relation: str, columns: str) -> None:
    """Put an empty table in the place of what a model made, and forget what that was made of."""
    warehouse.execute("begin")
    fingerprints.forget(warehouse, relation)
    schema, name = relation.replace('"', "").split(".")
    found = "select 1 from duckdb_views() where schema_name = ? and view_name = ?"
    if warehouse.execute(found, [schema, name]).fetchall():  # somebody materialises it as a view
        warehouse.execute(f"drop view {relation}")
    warehouse.execute(f"create or replace table {relation} ({columns})")
    warehouse.execute("commit")


def publish(settings: Settings, run_id: str, journeys: Sequence[str], built: Sequence[Node], has_outbox: bool) -> Path:
    """Write every public table to published/<run_id>, then move `current` there in one step.

    One with the rows of the run before is a hard link to that run's file.
    """
    finished = settings.published / run_id
    succeeded = {node.name for node in built if node.status == "success"}
    with whole_folder(finished) as folder, open_warehouse(settings) as warehouse:
        tables = _built(warehouse, PUBLIC_TABLES)
        tables += [("outbox", table) for table in DECIDED_TABLES if has_outbox]
        for journey in journeys:
            tables.append(("audiences", f"audience_{journey}"))
            if (rules := f"rules_{journey}") in succeeded:
                tables.append(("audiences", rules))
        _link_or_copy(warehouse, settings.published, folder, run_id, tables)
        _write_table(warehouse, "landing_report", LANDING_REPORT, landing_report(settings))
        for table in ("clock", "journeys", "journey_steps", "held_journeys", "landing_report"):
            columns = "as_of, run_id" if table == "clock" else "*"
            _copy(warehouse, f"select {columns} from run.{table}", folder / f"{table}.parquet")
        _write_table(warehouse, "journey_rules", RULES, _rules(lineage(settings)))
        _copy(warehouse, "select * from run.journey_rules", folder / "journey_rules.parquet")
    link = settings.published / ".current"
    link.unlink(missing_ok=True)
    link.symlink_to(run_id)
    os.replace(link, settings.published / "current")
    return finished


def remember(settings: Settings, run_id: str) -> None:
    """Write the run history for later runs: new identifiers, and the customers whose segment changed, if there are."""
    with open_warehouse(settings) as warehouse:
        for name, history in RUN_HISTORY.items():
            learned = settings.published / run_id / f"{history.learns_from}.parquet"
            if learned.exists():  # a model that failed on a fresh warehouse has nothing to remember
                warehouse.execute(
                    f"create or replace temp table news as {history.news.format(learned=parquet(learned))}"
                )
                if warehouse.execute("select count(*) from news").fetchall() == [(0,)]:
                    continue
                with whole_file(settings.history(name) / f"{run_id}.parquet") as unfinished:
                    _copy(warehouse, "select * from news", unfinished)


def _refuse_older(warehouse: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    known = warehouse.execute(
        "select count(*) from information_schema.tables where table_schema = 'run' and table_name = 'clock'"
    ).fetchall()
    last = warehouse.execute("select max(as_of) from run.clock").fetchall()[0][0] if known[0][0] else None
    if last is not None and as_of < last:
        raise WarehouseError(
            f"this warehouse has already decided for {last:%Y-%m-%dT%H:%M:%SZ}; it cannot go back to "
            f"{as_of:%Y-%m-%dT%H:%M:%SZ}. Use a later --as-of, or a new --data folder."
        )


def _write_table(
    warehouse: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: Iterable[Any]
) -> None:
    """Replace run.<table> with these rows, each a mapping or an object with a value per column."""
    described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    warehouse.execute(f"create or replace table run.{table} ({described})")
    values = [[_value(row, name) for name in columns] for row in rows]
    if values:
        warehouse.executemany(f"insert into run.{table} values ({', '.join('?' * len(columns))})", values)


def _create_if_missing(warehouse: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str]) -> None:
    described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    warehouse.execute(f"create table if not exists run.{table} ({described})")


def _value(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Mapping) else getattr(row, name)


def _journey_row(journey: Journey) -> dict[str, Any]:
    return {
        **asdict(journey),
        "journey": journey.name,
        "is_enabled": journey.enabled,
        "backlog_per_day": journey.backlog or 0,
        "reentry_days": journey.reentry_days or 0,
    }


def _load_run_history(warehouse: duckdb.DuckDBPyConnection, settings: Settings, as_of: datetime) -> None:
    """Load the run history up to as_of (a look back must not know of later runs) and the last run's identifiers."""
    for name, history in RUN_HISTORY.items():
        _write_table(warehouse, name, history.columns, [])
        folder = settings.history(name)
        if any(folder.glob("*.parquet")):
            columns = ", ".join(history.columns)
            known = f"select {columns} from {parquet_in(folder)} where {history.learned_at} <= ?"
            warehouse.execute(f"insert into run.{name} {known}", [as_of])
    _respell_registry(warehouse, settings)
    last = settings.published / "current" / "identifiers.parquet"
    known = parquet(last) if last.exists() else "run.registry where false"
    before = f"select identifier_type, identifier, customer_id from {known}"
    warehouse.execute(f"create or replace table run.identifiers_before as {before}")


def _respell_registry(warehouse: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Give identifiers that were kept in an earlier spelling today's beside it, so that nobody gets a new id by it."""
    numbering = read_numbering(settings.dbt_project)
    codes = "|".join(sorted(set(numbering.codes.values())))
    changed = rf"""(identifier_type = 'email' and not regexp_full_match(identifier, '[\x21-\x7e]+')
        or identifier_type = 'email' and contains(identifier, 'xn--')
        or identifier_type = 'phone' and regexp_matches(identifier, '^\+({codes})({codes})'))"""
    asked = f"select distinct identifier_type, identifier from run.registry where {changed}"
    known = [(*each, spelt) for each in warehouse.execute(asked).fetchall() if (spelt := numbering.respelt(*each))]
    if known:
        warehouse.execute(
            """with respelt as (
                select unnest(?::varchar[]) as type, unnest(?::varchar[]) as before, unnest(?::varchar[]) as respelt_as
            )
            insert into run.registry by name
            select registry.* replace (respelt.respelt_as as identifier) from run.registry as registry
            inner join respelt on registry.identifier_type = respelt.type and registry.identifier = respelt.before""",
            [list(values) for values in zip(*known, strict=True)],
        )


def _built(warehouse: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> list[tuple[str, str]]:
    """(schema, table) of the tables that exist. On a fresh warehouse a failure leaves some unbuilt."""
    return warehouse.execute(
        "select table_schema, table_name from information_schema.tables "
        "where list_contains(?, table_schema) and list_contains(?, table_name) order by table_name",
        [list(PUBLIC_SCHEMAS), list(tables)],
    ).fetchall()


def _link_or_copy(
    warehouse: duckdb.DuckDBPyConnection, published: Path, folder: Path, run_id: str, tables: Sequence[tuple[str, str]]
) -> None:
    """Publish tables into `folder`, and note of which content: what the next run has not changed, it links."""
    _create_if_missing(warehouse, "published_tables", PUBLISHED_TABLES)
    before = dict(warehouse.execute("select table_name, (content, run_id) from run.published_tables").fetchall())
    known = fingerprints.records(warehouse)
    contents = {table: known[name].content for schema, table in tables if (name := f'"{schema}"."{table}"') in known}
    for schema, table in tables:
        file = folder / f"{table}.parquet"
        content, last_run = before.get(table, ("", ""))
        if contents.get(table) and contents[table] == content:
            with suppress(OSError):  # the run is gone, or the file system allows no links
                os.link(published / last_run / file.name, file)
                continue
        _copy(warehouse, f"select * from {schema}.{table}", file)
    rows = [{"table_name": table, "content": content, "run_id": run_id} for table, content in contents.items()]
    _write_table(warehouse, "published_tables", PUBLISHED_TABLES, rows)


def _rules(manifest: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the meaning of each column of the models rules_<journey>, from their YAML."""
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["name"].startswith("rules_"):
            journey = node["name"].removeprefix("rules_")
            for name, column in node["columns"].items():
                yield {"journey": journey, "rule": name, "meaning": column["description"]}


def _copy(warehouse: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    warehouse.execute(copy_to(query, file))
