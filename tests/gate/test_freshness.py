"""On stale facts a journey waits: an old newest row, an export of a header alone, a file of no bytes."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from stammis import intake
from stammis.core.settings import Settings
from stammis.gate.freshness import find_stale
from stammis.gate.tables import open_tables
from stammis.intake import read_contracts
from tests.support.landing import ORDERS, land, order
from tests.support.moments import AS_OF
from tests.support.places import DBT_PROJECT, SEEDS, settings_in

TOMORROW = AS_OF + timedelta(days=1)
NEWEST = "2025-12-01 09:00"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A shop whose orders have landed, as a build compared them: fresh, and not to be empty."""
    settings = settings_in(tmp_path)
    land(settings, "shopify/orders_export_1.csv", ORDERS + order(1))
    intake.ingest(settings, AS_OF)
    compare(settings)
    return settings


def compare(settings: Settings, source: str = "shopify.orders", is_stale: bool = False, is_empty: bool = False) -> None:
    newest = "null" if is_empty else f"timestamp '{NEWEST}'"
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(
            "create schema if not exists reports; create or replace table reports.sources_compared as "
            f"select '{source}' as source, {source.startswith('twilio')} as may_be_empty, "
            f"{newest} as newest_received_at, 26 as allowed_hours, {is_stale} as is_stale"
        )


def stale(settings: Settings, as_of: datetime = TOMORROW) -> list[tuple[str, str, str | None]]:
    intake.ingest(settings, as_of)
    with open_tables(settings) as tables:
        return [(each.check_name, each.reason, each.relation) for each in find_stale(settings, as_of, tables)]


def test_a_fresh_source_is_not_stale(settings: Settings) -> None:
    assert stale(settings) == []


def test_an_old_newest_fact_is_stale_and_said_with_its_moment(settings: Settings) -> None:
    compare(settings, is_stale=True)
    reason = f"stale: shopify.orders, newest fact {NEWEST}, older than 26 hours"
    assert stale(settings) == [("freshness_shopify_orders", reason, "source.stammis.shopify.orders")]


@pytest.mark.parametrize(
    "contents",
    [ORDERS, "", "\n", ORDERS.replace("Created at", "Made on") + order(2)],
    ids=["a_header_alone", "no_bytes", "a_blank_line", "a_header_that_changed"],
)
@pytest.mark.parametrize(
    "name", ["orders_export_1.csv", "orders_export_2025-12-11.csv"], ids=["over_the_old_file", "beside_it"]
)
def test_an_export_without_a_row_is_stale_at_once(settings: Settings, name: str, contents: str) -> None:
    land(settings, f"shopify/{name}", contents)
    ((_, reason, _),) = stale(settings)
    assert reason.startswith(f"stale: shopify.orders, newest fact {NEWEST}; its newest export {name} has no row")


def test_the_next_export_with_rows_ends_it(settings: Settings) -> None:
    land(settings, "shopify/orders_export_2025-12-11.csv", ORDERS)
    assert len(stale(settings)) == 1
    land(settings, "shopify/orders_export_2025-12-11.csv", ORDERS + order(2))
    assert stale(settings) == []
    land(settings, "shopify/orders_export_2025-12-10.csv", "")
    assert stale(settings) == [], "an empty file of an earlier day is old news"


def test_a_first_export_without_a_row_is_stale_and_not_a_shop_without_customers(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    land(settings, "shopify/orders_export_1.csv", ORDERS)
    settings.data.mkdir()
    compare(settings, is_empty=True)
    ((_, reason, _),) = stale(settings)
    assert reason.startswith("stale: shopify.orders, newest fact none; its newest export orders_export_1.csv")


def test_who_may_be_silent_is_not_missed(settings: Settings) -> None:
    compare(settings, source="twilio.inbound", is_empty=True)
    land(settings, "twilio/inbound_2025-12-11.jsonl", "")
    assert stale(settings) == []
    compare(settings, source="pos.receipts", is_empty=True)
    assert stale(settings) == [], "a source that never landed is absent, and not watched"


def test_checkouts_and_gift_cards_may_be_silent_and_their_pages_empty() -> None:
    seed = duckdb.sql(f"select source, max_age_hours, may_be_empty from read_csv('{SEEDS}/freshness.csv')").fetchall()
    quiet = {row[0]: row[1:] for row in seed if row[0] in ("shopify.checkouts_api", "shopify.gift_cards_api")}
    assert quiet == {"shopify.checkouts_api": (None, True), "shopify.gift_cards_api": (None, True)}


def test_every_watched_source_is_declared_and_its_limit_has_a_reason() -> None:
    declared = {f"{each.source}.{each.entity}" for each in read_contracts(DBT_PROJECT)}
    seed = duckdb.sql(f"from read_csv('{SEEDS}/freshness.csv')").fetchall()
    assert {row[0] for row in seed} - declared == set()
    assert all(row[3] for row in seed)
