"""Every source's sample file, landed together, taken in and staged once: what each becomes is compared row by row.

The samples are the real formats (data/formats); a test names the file, never copies it into the repository.
A source is added by a line in LANDED, and its promises in a test of its own.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from stammis import warehouse
from stammis.core.settings import Settings
from stammis.intake import ingest
from stammis.journeys import read_journeys
from stammis.ledger import open_ledger
from tests.support.other_records import OTHERS
from tests.support.places import DBT_PROJECT, settings_in
from tests.support.shop_records import CHANGED, CONSENTING, GUEST, IN_GRAPHQL

AS_OF = datetime.fromisoformat("2026-11-22 10:00")
# People, consents and messages are the business of other tests: here each source is compared by itself.
UNIONED = [
    path.stem
    for path in sorted((DBT_PROJECT / "models/intermediate").rglob("int_*_unioned.sql"))
    if path.stem not in ("int_identifiers_unioned", "int_records_unioned", "int_audiences_unioned")
]


@dataclass(frozen=True)
class Sample:
    """A file below data/formats; most CSV samples are a header alone, so `rows` or `records` are written below it.

    `rows`: text; the whole file where there is no `path`. `records`: cells by their column. `without`: columns that
    an older layout lacks. `convert` turns a file into what would have landed.
    """

    path: str = ""
    rows: str = ""
    records: Sequence[Mapping[str, str]] = ()
    without: Sequence[str] = ()
    convert: Callable[[bytes], bytes] = bytes

    def read(self, formats: Path) -> bytes:
        """The file as it lands."""
        text = self.convert((formats / self.path).read_bytes()) if self.path else b""
        if not self.records:
            return text.rstrip(b"\r\n") + b"\n" * bool(text and self.rows) + self.rows.encode()
        names = [name for name in next(csv.reader([text.decode("utf-8-sig")])) if name not in self.without]
        written = io.StringIO()
        writer = csv.DictWriter(written, names)
        writer.writeheader()
        writer.writerows(self.records)
        return written.getvalue().encode()


# A block for each kind of source: place in the landing folder → sample.
SHOPS: Mapping[str, Sample] = {
    "shopify/customers_export_older.csv": Sample(
        "csv_headers/shopify_customers_old.csv", "Ann,Lee,Ann@Lee.example,yes,,,,,,,,GB,E1 6AN,,no,0.00,0,,,no\n"
    ),
    "shopify/customers_export_2026-11-01.csv": Sample(
        "csv_headers/shopify_customers_current.csv",
        records=[
            {
                "Customer ID": "'7210448301122",
                "First Name": "Åsa",
                "Email": "Asa@Post.example",
                "Accepts Email Marketing": "yes",
                "Accepts SMS Marketing": "no",
                "Phone": "'+46701740605",
                "Default Address Country Code": "SE",
                "Default Address Zip": "'111 22",
            }
        ],
    ),
    "shopify/orders_export_2026-11-01.csv": Sample(
        "csv_headers/shopify_orders.csv",
        records=[
            {
                "Name": "#1007",
                "Id": "'6007",
                "Email": "Asa@Post.example",
                "Financial Status": "partially_refunded",
                "Paid at": "2026-10-01 10:05:00 +0200",
                "Created at": "2026-10-01 10:00:00 +0200",
                "Currency": "SEK",
                "Fulfillment Status": "fulfilled",
                "Fulfilled at": "2026-10-02 09:00:00 +0200",
                "Subtotal": "450.00",
                "Total": "499.00",
                "Shipping": "49.00",
                "Refunded Amount": "499.00",
                "Discount Code": "HEJ",
                "Lineitem quantity": "2",
                "Lineitem name": "Cup",
                "Lineitem price": "200.00",
                "Lineitem sku": "C1",
                "Lineitem discount": "50.00",
                "Shipping Country": "SE",
            },
            {
                "Name": "#1007",
                "Email": "Asa@Post.example",
                "Created at": "2026-10-01 10:00:00 +0200",
                "Lineitem quantity": "1",
                "Lineitem name": "Saucer",
                "Lineitem price": "100.00",
                "Lineitem sku": "S1",
            },
        ],
    ),
    "shopify/orders_export_older.csv": Sample(
        "csv_headers/shopify_orders.csv",
        records=[
            {
                "Name": "#12",
                "Id": "512",
                "Email": "ann@lee.example",
                "Financial Status": "paid",
                "Paid at": "2019-05-01 10:00:00 +0100",
                "Created at": "2019-05-01 10:00:00 +0100",
                "Currency": "GBP",
                "Subtotal": "9.50",
                "Total": "9.50",
                "Refunded Amount": "0.00",
                "Lineitem quantity": "1",
                "Lineitem name": "Cup",
                "Lineitem price": "9.50",
                "Lineitem sku": "C1",
            }
        ],
        without=["Lineitem discount", "Phone", "Receipt Number", "Duties", "Payment ID", "Payment References"],
    ),
    "shopify/order.json": Sample("shopify_rest/order.json"),
    "shopify/orders.json": Sample("shopify_rest/orders.json"),
    "shopify/orders_2026-11-20.json": Sample(rows=json.dumps({"orders": [CHANGED, GUEST, CHANGED]})),
    "shopify/graphql_orders_2026-11-20.json": Sample(
        rows=json.dumps({"data": {"orders": {"edges": [{"node": IN_GRAPHQL}]}}})
    ),
    "shopify/refund.json": Sample("shopify_rest/refund.json"),
    "shopify/customer.json": Sample("shopify_rest/customer.json"),
    "shopify/customers_search.json": Sample("shopify_rest/customers_search.json"),
    "shopify/customers_2026-11-20.jsonl": Sample(rows="".join(json.dumps(each) + "\n" for each in CONSENTING)),
    "shopify/graphql_customers_sample.json": Sample("shopify_rest/graphql_customers_sample.json"),
    "shopify/product.json": Sample("shopify_rest/product.json"),
    "shopify/checkouts.json": Sample("shopify_rest/checkouts.json"),
    "shopify/gift_card.json": Sample("shopify_rest/gift_card.json"),
    "woocommerce/woo_orders.json": Sample("woocommerce/woo_orders.json"),
    "woocommerce/woo_order-refunds.json": Sample("woocommerce/woo_order-refunds.json"),
    "woocommerce/woo_customers.json": Sample("woocommerce/woo_customers.json"),
    "woocommerce/woo_product-reviews.json": Sample("woocommerce/woo_product-reviews.json"),
}
LANDED: Mapping[str, Sample] = {**SHOPS, **{place: Sample(**parts) for place, parts in OTHERS.items()}}


@dataclass(frozen=True)
class Staged:
    """The samples after intake and staging; `rows` reads models, `settings` knows the intake."""

    settings: Settings

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse: `staging.stg_<source>__<contract>`, `intermediate.int_…_unioned`."""
        with closing(duckdb.connect(str(self.settings.warehouse), read_only=True)) as database:
            return database.execute(query).fetchall()


def stage(
    formats: Path, folder: Path, landed: Mapping[str, Sample] = LANDED, models: Sequence[str] = UNIONED
) -> Staged:
    """Land the samples in `folder`, take them in and build `models` and what they read: some 15 CPU-seconds."""
    settings = settings_in(folder)
    for place, sample in landed.items():
        target = settings.landing / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(sample.read(formats))
    ingest(settings, AS_OF)
    journeys, _ = read_journeys(settings.templates)
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    warehouse.prepare_inputs(settings, AS_OF, "20261122T100000Z-1", journeys)
    _build(settings, models)
    return Staged(settings)


def _build(settings: Settings, models: Sequence[str]) -> None:
    os.environ["STAMMIS_WAREHOUSE"] = str(settings.warehouse)
    place = ["--project-dir", str(settings.dbt_project), "--profiles-dir", str(settings.dbt_project)]
    place += ["--target-path", str(settings.data / "target"), "--log-path", str(settings.data / "logs")]
    left_out = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    chosen = ["--select", *(f"+{name}" for name in models)]
    outcome = warehouse.plain_dbt()(["--quiet", "build", *chosen, *left_out, *place])
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()
    failed = {result.node.name: result.message for result in outcome.result or [] if result.status != "success"}
    assert (outcome.success, failed) == (True, {}), outcome.exception
