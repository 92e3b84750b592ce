"""Codes, gift cards, checkouts and tags are told once, of the newest version, and no secret of them is kept."""

import re
from pathlib import Path
from typing import Any

import pytest

from stammis.intake import not_read, quarantined, read_contracts
from stammis.privacy.places import look_everywhere
from tests.support.checkout_records import CHECKOUT_TOKEN, GIFT_CODE, LANDED
from tests.support.contracts import Sample, Staged, stage
from tests.support.landing import counts
from tests.support.places import DBT_PROJECT

pytestmark = pytest.mark.xdist_group("checkout")
TABLES = ["order_discounts", "gift_cards", "checkouts", "checkout_lines", "customer_tags", "customers", "consents"]


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    """The samples of our own, taken in and built up to the public tables."""
    landed = {place: Sample(rows=text) for place, text in LANDED.items()}
    return stage(Path(), tmp_path_factory.mktemp("checkout"), landed, models=TABLES)


def texts(staged: Staged, query: str) -> list[tuple[Any, ...]]:
    return [tuple(None if cell is None else str(cell) for cell in row) for row in staged.rows(query)]


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("orders_2025-12-10.json", "orders_api"),
        ("order.json", "orders_api"),
        ("orders_export_1.csv", "orders"),
        ("customers_2025-12-10.json", "customers_api"),
        ("customers_export_1.csv", "customers"),
        ("checkouts.json", "checkouts_api"),
        ("checkouts_2025-12-10.json", "checkouts_api"),
        ("checkouts_2025-12-10.jsonl", "checkouts_api"),
        ("abandoned_checkouts_2025-12-10.json", "checkouts_api"),
        ("graphql_abandoned_checkouts_2025-12-10.json", "checkouts_api"),
        ("gift_card.json", "gift_cards_api"),
        ("gift_cards_2025-12-10.json", "gift_cards_api"),
        ("graphql_gift_cards_2025-12-10.json", "gift_cards_api"),
        ("checkouts_export_1.csv", None),
        ("abandoned_checkouts_export_1.csv", None),
        ("gift_cards_export_1.csv", None),
    ],
)
def test_a_file_is_read_by_the_one_table_that_means_it(name: str, table: str | None) -> None:
    stem, _, kind = name.rpartition(".")
    contracts = [each for each in read_contracts(DBT_PROJECT) if each.source == "shopify"]
    assert [each.entity for each in contracts if each.accepts(stem, kind)] == ([table] if table else [])


def test_every_row_is_taken_in_or_says_why_not(small_shop: Staged) -> None:
    assert counts(small_shop.settings) == {
        "newsletter.members": (1, 1, 0, 0),
        "pos.receipts": (6, 6, 0, 0),
        "shopify.checkouts_api": (5, 4, 0, 1),
        "shopify.customers": (2, 2, 0, 0),
        "shopify.customers_api": (1, 1, 0, 0),
        "shopify.gift_cards_api": (3, 2, 0, 1),
        "shopify.orders": (2, 2, 0, 0),
        "shopify.orders_api": (3, 2, 0, 1),
        "woocommerce.orders": (1, 1, 0, 0),
        "zendesk.tickets": (3, 3, 0, 0),
        "zendesk.users": (1, 1, 0, 0),
    }
    assert [(row.entity, row.line, row.reason) for row in quarantined(small_shop.settings)] == [
        ("checkouts_api", 5, "column 'created_at' is empty: it is needed on every row"),
        ("gift_cards_api", 2, "column 'initial_value' is not a number like 1234.50"),
        ("orders_api", 2, "in an element of 'discount_codes', column 'amount' is not a number like 1234.50"),
    ]
    (unread,) = not_read(small_shop.settings)
    assert unread.file == "shopify/abandoned_checkouts_export_1.csv"
    assert "no table has files of this name" in unread.text


def test_every_code_of_an_order_is_told_once(small_shop: Staged) -> None:
    assert texts(
        small_shop,
        "select order_id, code_number, code, code_folded, discount_type, amount, currency, is_kept "
        "from marts.order_discounts order by 1, 2",
    ) == [
        ("pos:S1/1/R1/2026-11-20", "1", "hej10", "HEJ10", None, None, "GBP", "True"),
        ("pos:S1/1/R1/2026-11-20", "2", "FRAKT", "FRAKT", None, None, "GBP", "True"),
        ("pos:S1/1/R2/2026-11-20", "1", "HEJ10", "HEJ10", None, None, "GBP", "True"),
        ("shopify:7001", "1", "Hej10", "HEJ10", "percentage", "10.00", "SEK", "True"),
        ("shopify:7002", "1", "HEJ10", "HEJ10", None, None, "SEK", "True"),
        ("shopify:7002", "2", "FRAKT", "FRAKT", None, None, "SEK", "True"),
        ("woocommerce:501", "1", "hej10", "HEJ10", None, "10.00", "SEK", "True"),
        ("woocommerce:501", "2", "frakt", "FRAKT", None, "0.00", "SEK", "True"),
    ]


def test_an_order_whose_codes_are_no_list_counts_without_them(small_shop: Staged) -> None:
    assert texts(
        small_shop,
        "select orders.net_total, codes.code from marts.orders as orders left join marts.order_discounts as codes "
        "on orders.order_id = codes.order_id where orders.order_id = 'shopify:7004'",
    ) == [("90.00", None)]


def test_the_first_code_of_an_order_stays_what_it_was(small_shop: Staged) -> None:
    assert texts(
        small_shop, "select order_id, discount_code from marts.orders where discount_code is not null order by 1"
    ) == [
        ("shopify:7001", "Hej10"),
        ("shopify:7002", "HEJ10, FRAKT"),
        ("woocommerce:501", "hej10"),
    ]


def test_a_gift_card_is_its_accounts_and_keeps_four_characters(small_shop: Staged) -> None:
    asa = "(select customer_id from marts.identifiers where identifier = '88')"
    assert texts(
        small_shop,
        f"select gift_card_id, customer_id = {asa}, order_id, last_characters, initial_value, balance, currency, "
        "issued_at, expires_date, disabled_at from marts.gift_cards order by 1",
    ) == [
        (
            "shopify:41",
            "True",
            "shopify:7001",
            "h3n5",
            "500.00",
            "120.00",
            "SEK",
            "2026-11-10 10:00:00",
            None,
            None,
        ),
        (
            "shopify:43",
            None,
            None,
            "h3n6",
            "500.00",
            "500.00",
            "SEK",
            "2026-11-10 10:00:00",
            "2027-11-10",
            "2026-11-21 10:00:00",
        ),
    ]


def test_a_checkout_is_abandoned_until_it_or_an_order_says_otherwise(small_shop: Staged) -> None:
    assert texts(
        small_shop,
        "select checkout_id, email, order_id, is_abandoned, completed_at, next_ordered_at, gross_total, "
        "checkouts.currency, line_count, top_product from marts.checkouts as checkouts "
        "left join marts.customers as customers on checkouts.customer_id = customers.customer_id order by 1",
    ) == [
        (
            "shopify:31",
            "asa@post.example",
            "shopify:7001",
            "False",
            None,
            "2026-11-10 10:00:00",
            "1100.00",
            "SEK",
            "2",
            "Table",
        ),
        ("shopify:32", "bo@post.example", None, "True", None, None, "1100.00", "SEK", "2", "Table"),
        ("shopify:33", None, None, "True", None, None, "1100.00", "SEK", "2", "Table"),
        (
            "shopify:34",
            "bo@post.example",
            None,
            "False",
            "2026-11-09 10:20:00",
            None,
            "1100.00",
            "SEK",
            "2",
            "Table",
        ),
    ]
    assert texts(
        small_shop,
        "select line_number, sku, product, quantity, line_total, currency from marts.checkout_lines "
        "where checkout_id = 'shopify:32' order by 1",
    ) == [
        ("1", "C1", "Cup", "2.0000", "200.0000", "SEK"),
        ("2", "T1", "Table", "1.0000", "900.0000", "SEK"),
    ]


def test_a_checkout_makes_nobody_a_customer_and_is_no_consent(small_shop: Staged) -> None:
    assert small_shop.rows("select count(*) from marts.identifiers where identifier = 'cai@post.example'") == [(0,)]
    bo = "(select customer_id from marts.customers where email = 'bo@post.example')"
    assert small_shop.rows(f"select count(*) from marts.consents where customer_id = {bo} and state = 'opted_in'") == [
        (0,)
    ]


def test_tags_are_those_of_the_newest_version_of_each_record(small_shop: Staged) -> None:
    assert texts(
        small_shop,
        "select email, source, record_type, tag_folded, tag, record_count from marts.customer_tags as tags "
        "inner join marts.customers as customers on tags.customer_id = customers.customer_id order by all",
    ) == [
        ("asa@post.example", "newsletter", "subscriber", "kaffe, te", "Kaffe, te", "1"),
        ("asa@post.example", "newsletter", "subscriber", "vip", "VIP", "1"),
        ("asa@post.example", "shopify", "account", "vip", "vip", "1"),
        ("asa@post.example", "shopify", "order", "gåva", "gåva", "1"),
        ("asa@post.example", "zendesk", "ticket", "retur", "retur", "2"),
        ("asa@post.example", "zendesk", "ticket", "vip", "VIP", "1"),
        ("bo@post.example", "shopify", "account", "grossist", "Grossist", "1"),
    ]


def test_no_link_to_a_checkout_and_no_code_of_a_gift_card_is_kept(small_shop: Staged) -> None:
    """But in the export itself, and in the beginning of a row of it that cannot be read."""
    secrets = re.compile(f"{CHECKOUT_TOKEN}|{GIFT_CODE}".encode())
    found = {hit.place for hit in look_everywhere(small_shop.settings, secrets) if hit}
    assert found == {"landing/*", "quarantine/*"}
