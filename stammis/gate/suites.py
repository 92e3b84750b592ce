"""Validates a relation with Great Expectations, by expectations made from the limits of seeds/plausible.csv.

Importing this takes seconds, so the gate imports it only when a table has changed. Great Expectations never opens the
warehouse, which has one user at a time: it reads a Parquet copy, in a DuckDB of its own in memory.
"""

import atexit
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb_engine
import great_expectations as gx
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_table_row_count_to_be_between import ExpectTableRowCountToBeBetween
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGExecutionContext_psycopg2
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from stammis.core.sql import parquet
from stammis.gate.findings import ROW_COUNT


class BufferedContext(PGExecutionContext_psycopg2):
    """Fetches all rows as soon as a query has run: Great Expectations closes the connection before it reads them."""

    def post_exec(self) -> None:
        if self.cursor.description:
            rows = self.cursor.fetchall()
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, self.cursor.description, rows)


class BufferedDialect(duckdb_engine.Dialect):
    """DuckDB for SQLAlchemy, as `duckdb+buffered://`."""

    driver = "buffered"
    supports_statement_cache = False  # SQLAlchemy warns of a dialect that only inherits this
    execution_ctx_cls = BufferedContext


registry.register("duckdb.buffered", __name__, BufferedDialect.__name__)
logging.getLogger("great_expectations").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit of one measure in seeds/plausible.csv. `bound`: least | most; `severity`: warning | critical.

    `limit`: rows for ROW_COUNT, else as in the seed.
    """

    measure: str
    bound: str
    severity: str
    limit: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that is not met. `count`: the rows that break it, for ROW_COUNT all there are; None: not checked."""

    measure: str
    severity: str
    count: int | None


def validate(relation: str, file: Path, rules: Sequence[Rule]) -> list[Failure]:
    """Return a failure for each rule that the rows of a Parquet file do not meet.

    ROW_COUNT counts the rows. A measure `<what>_percent` is the share of rows where is_<what> is true. Any other is
    not computed here: a row breaks its rule where the view in models/gate says is_odd_<measure> (warning) or
    is_impossible_<measure> (critical). What Great Expectations raises is not caught.
    """
    expectations = dict(_expectations(rules))
    if not expectations:
        return []
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    source = context.data_sources.add_sql(relation, connection_string="duckdb+buffered:///:memory:")
    try:
        asset = source.add_query_asset(relation, query=f"select * from {parquet(file)}")
        batch = asset.add_batch_definition_whole_table(relation).get_batch()
        try:
            found = batch.validate(gx.ExpectationSuite(name=relation, expectations=list(expectations.values())))
        finally:
            batch.data.execution_engine.engine.dispose()
    finally:
        source.get_engine().dispose()
    return [_failure(result) for result in found.results if not result.success]


def _expectations(rules: Iterable[Rule]) -> Iterator[tuple[tuple[str, str], Any]]:
    """Yield ((measure, severity), expectation).

    A key may come twice, for a least and a most of the same measure. Either may be kept: one column covers both.
    """
    for rule in rules:
        key = (rule.measure, rule.severity)
        common: dict[str, Any] = {"severity": rule.severity, "meta": {"rule": key}}
        if rule.measure == ROW_COUNT:
            yield key, ExpectTableRowCountToBeBetween(min_value=int(rule.limit), **common)
        elif rule.measure.endswith("_percent"):
            # "at most 5 percent" is checked as "at least 95 percent are not"
            expected = rule.bound == "least"
            share = rule.limit / 100 if expected else 1 - rule.limit / 100
            column = f"is_{rule.measure.removesuffix('_percent')}"
            yield key, ExpectColumnValuesToBeInSet(column=column, value_set=[expected], mostly=share, **common)
        else:
            degree = "impossible" if rule.severity == "critical" else "odd"
            query = f"select row_id from {{batch}} where is_{degree}_{rule.measure}"
            yield key, UnexpectedRowsExpectation(unexpected_rows_query=query, **common)


def _failure(result: Any) -> Failure:
    """Return the failure that one result stands for; an expectation that raised has no count."""
    measure, severity = result.expectation_config.meta["rule"]
    count = result.result.get("unexpected_count", result.result.get("observed_value"))
    return Failure(measure, severity, None if count is None else int(count))


def _drop_engine_modules() -> None:
    """Empty duckdb_engine's modules at exit: Great Expectations keeps them so long that DuckDB prints an error."""
    for name in [name for name in sys.modules if name.split(".")[0] == "duckdb_engine"]:
        vars(sys.modules[name]).clear()


atexit.register(_drop_engine_modules)
