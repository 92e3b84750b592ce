"""Every source's sample file, landed together, taken in and staged once: what each becomes is compared row by row.

The samples are the real formats (data/formats); a test names the file, never copies it into the repository.
A source is added by a line in LANDED, and its promises in a test of its own.
"""

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from stammis import warehouse
from stammis.intake import take_in
from stammis.journeys import read_journeys
from stammis.ledger import open_ledger
from stammis.settings import PROJECT, Settings

AS_OF = datetime.fromisoformat("2026-11-22 10:00")
# People, consents and messages are the business of other tests: here each source is compared by itself.
UNIONED = [
    path.stem
    for path in sorted((PROJECT / "dbt_project/models/intermediate").glob("int_*_unioned.sql"))
    if path.stem not in ("int_identifiers_unioned", "int_records_unioned")
]


@dataclass(frozen=True)
class Sample:
    """A file below data/formats. `rows` are written below it: most CSV samples are a header alone."""

    path: str
    rows: str = ""


# place in the landing folder → sample, a block for each kind of source
SHOPS: Mapping[str, Sample] = {
    "shopify/customers_export_1.csv": Sample(
        "csv_headers/shopify_customers_old.csv", "Ann,Lee,Ann@Lee.example,yes,,,,,,,,GB,E1 6AN,,no,0.00,0,,,no\n"
    ),
}
LANDED: Mapping[str, Sample] = {**SHOPS}


@dataclass(frozen=True)
class Staged:
    """The samples after intake and staging; `rows` reads models, `settings` knows the intake."""

    settings: Settings

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse: `staging.stg_<source>__<contract>`, `intermediate.int_…_unioned`."""
        with closing(duckdb.connect(str(self.settings.warehouse), read_only=True)) as database:
            return database.execute(query).fetchall()


def stage(formats: Path, folder: Path, landed: Mapping[str, Sample] = LANDED) -> Staged:
    """Land the samples in `folder`, take them in and build what `int_*_unioned` reads: some 15 CPU-seconds."""
    settings = Settings(data=folder / "data", landing=folder / "landing")
    for place, sample in landed.items():
        target = settings.landing / place
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (formats / sample.path).read_bytes()
        target.write_bytes(text.rstrip(b"\r\n") + b"\n" + sample.rows.encode() if sample.rows else text)
    take_in(settings, AS_OF)
    journeys, _ = read_journeys(settings.templates)
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    warehouse.lay_ready(settings, AS_OF, "20261122T100000Z-1", journeys)
    _build(settings)
    return Staged(settings)


def _build(settings: Settings) -> None:
    os.environ["STAMMIS_WAREHOUSE"] = str(settings.warehouse)
    place = ["--project-dir", str(settings.dbt_project), "--profiles-dir", str(settings.dbt_project)]
    place += ["--target-path", str(settings.data / "target"), "--log-path", str(settings.data / "logs")]
    models = [f"+{name}" for name in UNIONED]
    left_out = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    outcome = warehouse.plain_dbt()(["--quiet", "build", "--select", *models, *left_out, *place])
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()
    failed = {result.node.name: result.message for result in outcome.result or [] if result.status != "success"}
    assert (True, {}) == (outcome.success, failed), outcome.exception
