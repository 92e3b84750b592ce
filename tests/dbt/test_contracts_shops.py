"""Shop exports become the rows they should: ids, amounts, times, consent words, and nothing is lost."""

import pytest

from stammis.intake import not_read, quarantined
from tests.support.contracts import Staged
from tests.support.landing import counts

pytestmark = pytest.mark.xdist_group("contracts")


def texts(staged: Staged, query: str) -> list[tuple[str, ...]]:
    """Rows as text, in order: amounts with their decimals, times as written."""
    return sorted(tuple("" if cell is None else str(cell) for cell in row) for row in staged.rows(query))


def test_every_row_is_accounted_for(staged: Staged) -> None:
    found = {table: count for table, count in counts(staged.settings).items() if table.startswith(("shopify", "woo"))}
    assert found == {
        "shopify.checkouts_api": (1, 1, 0, 0),
        "shopify.customers": (2, 2, 0, 0),
        "shopify.customers_api": (5, 5, 0, 0),
        "shopify.gift_cards_api": (1, 1, 0, 0),
        "shopify.orders": (3, 3, 0, 0),
        "shopify.orders_api": (6, 4, 2, 0),
        "shopify.products_api": (1, 1, 0, 0),
        "shopify.refunds_api": (1, 1, 0, 0),
        "woocommerce.customers": (10, 6, 3, 1),
        "woocommerce.orders": (9, 5, 4, 0),
        "woocommerce.refunds": (5, 2, 3, 0),
        "woocommerce.reviews": (9, 5, 3, 1),
    }


def test_only_what_is_no_row_of_the_table_is_quarantined(staged: Staged) -> None:
    reasons = {(row.file, row.line): row.reason for row in quarantined(staged.settings, "woocommerce")}
    assert reasons == {  # a list of downloads, and the word that a review was deleted
        ("woocommerce/woo_customers.json", 10): "column 'id' is empty: it is needed on every row",
        ("woocommerce/woo_product-reviews.json", 6): "column 'id' is empty: it is needed on every row",
    }
    assert quarantined(staged.settings, "shopify") == []
    assert [note for note in not_read(staged.settings) if note.file.startswith(("shopify", "woo"))] == []


ORDERS = [
    # order, shop's customer, e-mail, currency, ordered, sent, gross, refund, net
    (
        "shopify:450789469",
        "web",
        "207119551",
        "bob.norman@hostmail.com",
        "USD",
        "2008-01-10 16:00:00",
        "",
        "597.00",
        "398.00",
        "199.00",
    ),
    ("shopify:512", "web", "", "ann@lee.example", "GBP", "2019-05-01 09:00:00", "", "9.50", "0.00", "9.50"),
    (
        "shopify:6007",
        "web",
        "7210448301122",
        "asa@post.example",
        "SEK",
        "2026-10-01 08:00:00",
        "2026-10-03 07:00:00",
        "450.00",
        "200.00",
        "250.00",
    ),
    ("shopify:6008", "store", "", "", "SEK", "2026-11-19 09:00:00", "", "80.00", "0.00", "0.00"),
    (
        "shopify:6009",
        "web",
        "7210448301122",
        "asa@post.example",
        "SEK",
        "2026-11-01 10:00:00",
        "",
        "100.00",
        "100.00",
        "0.00",
    ),
    (
        "woocommerce:723",
        "web",
        "woocommerce:26",
        "joao.silva@example.com",
        "USD",
        "2017-03-21 19:16:00",
        "2017-03-21 19:54:51",
        "29.00",
        "19.00",
        "10.00",
    ),
    (
        "woocommerce:727",
        "web",
        "",
        "john.doe@example.com",
        "USD",
        "2017-03-22 19:28:02",
        "2017-03-22 19:30:35",
        "18.00",
        "0.00",
        "18.00",
    ),
    ("woocommerce:728", "web", "", "john.doe@example.com", "USD", "2017-03-22 19:33:34", "", "30.00", "0.00", "0.00"),
    ("woocommerce:729", "web", "", "john.doe@example.com", "USD", "2017-03-22 19:33:42", "", "32.00", "0.00", "32.00"),
]


def test_orders_of_csv_rest_graphql_and_woocommerce_are_one_table(staged: Staged) -> None:
    found = texts(
        staged,
        """
        select order_id, order_channel, shop_customer, email, currency, ordered_at, fulfilled_at,
            gross_total, refund_total, net_total
        from intermediate.int_orders_unioned where source in ('shopify', 'woocommerce')
        """,
    )
    assert found == sorted(ORDERS)


def test_a_dated_version_outweighs_an_undated_one(staged: Staged) -> None:
    versions = texts(
        staged, "select file_name, refund_total from staging.stg_shopify__orders where order_id = 'shopify:6007'"
    )
    assert versions == [("orders_2026-11-20.json", "0.00"), ("orders_export_2026-11-01.csv", "450.00")]


def test_refunds_carry_their_own_moment_and_the_goods_alone(staged: Staged) -> None:
    found = texts(staged, "select refund_id, order_id, amount, happened_at from intermediate.int_refunds_unioned")
    assert found == [
        ("shopify:509562969", "shopify:450789469", "398.0000", "2016-06-20 17:35:06"),
        ("shopify:901", "shopify:6007", "175.0000", "2026-11-10 09:00:00"),  # not the freight of 49
        ("shopify:902", "shopify:6007", "25.0000", "2026-11-10 10:00:00"),  # names no goods: the money
        ("shopify:903", "shopify:6009", "100.0000", "2026-11-02 10:00:00"),
        ("woocommerce:724", "woocommerce:723", "9.0000", "2017-03-21 19:55:37"),
        ("woocommerce:726", "woocommerce:723", "10.0000", "2017-03-21 20:07:11"),
    ]


def test_lines_are_those_of_the_version_that_counts(staged: Staged) -> None:
    found = texts(
        staged,
        """
        select order_id, line_number, sku, quantity, line_total from intermediate.int_order_lines_unioned
        where order_id in ('shopify:450789469', 'shopify:6007', 'shopify:6009', 'woocommerce:723', 'woocommerce:727')
        """,
    )
    assert found == [
        ("shopify:450789469", "1", "IPOD2008GREEN", "1.0000", "199.0000"),
        ("shopify:450789469", "2", "IPOD2008RED", "1.0000", "199.0000"),
        ("shopify:450789469", "3", "IPOD2008BLACK", "1.0000", "199.0000"),
        ("shopify:6007", "1", "C1", "2.0000", "350.0000"),
        ("shopify:6007", "2", "S1", "1.0000", "100.0000"),
        ("shopify:6009", "1", "S1", "1.0000", "100.0000"),
        ("woocommerce:723", "1", "woocommerce:87", "1.0000", "9.0000"),  # no article number: the product's id
        ("woocommerce:723", "2", "woocommerce:34", "1.0000", "20.0000"),
        ("woocommerce:727", "1", "woocommerce:93", "2.0000", "6.0000"),
        ("woocommerce:727", "2", "Bar3", "1.0000", "12.0000"),
    ]


def test_accounts_keep_their_ids_and_their_newest_version(staged: Staged) -> None:
    query = """
        select record_id, shop_customer, email, first_name, postcode, is_email_opted_in, received_at
        from intermediate.int_contacts_unioned where source in ('shopify', 'woocommerce')
    """
    # an export without a date in its name is known since its newest fact, or since it was taken in
    assert texts(staged, query) == [
        ("shop_customer:105906728", "105906728", "johnsmith@example.com", "John", "", "False", "2025-04-15 19:26:33"),
        (
            "shop_customer:207119551",
            "207119551",
            "bob.norman@hostmail.com",
            "Bob",
            "40202",
            "False",
            "2015-05-27 22:11:24",
        ),
        ("shop_customer:7210448301122", "7210448301122", "asa@post.example", "Åsa", "", "True", "2026-11-20 00:00:00"),
        ("shop_customer:88", "88", "no@post.example", "", "", "False", "2026-11-20 00:00:00"),
        ("shop_customer:ann@lee.example", "", "ann@lee.example", "Ann", "E1 6AN", "True", "2026-11-22 10:00:00"),
        ("woocommerce:25", "woocommerce:25", "john.doe@example.com", "James", "94103", "", "2017-03-21 19:14:03"),
        ("woocommerce:26", "woocommerce:26", "joao.silva@example.com", "João", "12345-000", "", "2017-03-21 19:14:03"),
        ("woocommerce:27", "woocommerce:27", "john.doe2@example.com", "John", "94103", "", "2017-03-21 19:14:03"),
        ("woocommerce:28", "woocommerce:28", "joao.silva2@example.com", "João", "12345-000", "", "2017-03-21 19:14:03"),
    ]


def test_only_a_state_with_its_moment_is_a_consent_event(staged: Staged) -> None:
    found = texts(
        staged,
        """
        select address, channel, purpose, event, basis, proof, happened_at from staging.stg_shopify__consent_events
        """,
    )
    asa = "account 7210448301122"
    assert found == [
        ("+46701740605", "sms", "marketing", "requested", "consent", f"{asa}, pending", "2026-03-01 11:00:00"),
        ("asa@post.example", "email", "marketing", "confirmed", "consent", f"{asa}, subscribed", "2026-03-01 11:00:00"),
        ("no@post.example", "email", "marketing", "opted_out", "", "account 88, unsubscribed", "2026-04-01 10:00:00"),
    ]


def test_codes_of_csv_rest_graphql_and_woocommerce_are_one_table(staged: Staged) -> None:
    found = texts(
        staged,
        """
        select order_id, code_number, code, code_folded, discount_type, amount, currency
        from intermediate.int_discount_codes_unioned
        """,
    )
    assert found == [
        ("shopify:450789469", "1", "TENOFF", "TENOFF", "", "10.00", "USD"),
        ("shopify:6007", "1", "HEJ", "HEJ", "fixed_amount", "50.00", "SEK"),
        ("shopify:6009", "1", "HEJ", "HEJ", "", "", "SEK"),
    ]


def test_a_published_checkout_and_gift_card_are_read_without_link_and_code(staged: Staged) -> None:
    checkouts = texts(
        staged,
        """
        select checkout_id, shop_customer, email, phone, currency, gross_total, started_at, completed_at
        from intermediate.int_checkouts_unioned
        """,
    )
    assert checkouts == [
        (
            "shopify:450789469",
            "207119551",
            "bob.norman@hostmail.com",
            "",
            "USD",
            "398.00",
            "2012-10-12 11:05:27",
            "",
        )
    ]
    lines = texts(staged, "select line_number, sku, quantity, line_total from intermediate.int_checkout_lines_unioned")
    assert lines == [
        ("1", "IPOD2008RED", "1.0000", "199.0000"),
        ("2", "IPOD2008PINK", "1.0000", "199.0000"),
    ]
    cards = texts(
        staged,
        """
        select gift_card_id, shop_customer, order_id, last_characters, initial_value, balance, currency, issued_at
        from intermediate.int_gift_cards_unioned
        """,
    )
    assert cards == [("shopify:4208208", "", "", "c293", "25.00", "25.00", "AUD", "2015-05-11 00:16:40")]


def test_tags_are_those_of_the_newest_version(staged: Staged) -> None:
    found = texts(staged, "select record_id, record_type, tag, tag_folded from intermediate.int_tags_unioned")
    assert found == [
        ("newsletter:ann@lee.example", "subscriber", "vip", "vip"),
        ("newsletter:ann@lee.example", "subscriber", "web", "web"),
    ]


def test_products_are_known_by_article_number(staged: Staged) -> None:
    found = texts(staged, "select sku, product, category, price from intermediate.int_products_unioned")
    colours = ["BLACK", "GREEN", "PINK", "RED"]
    assert found == [(f"IPOD2008{colour}", "IPod Nano - 8GB", "Cult Products", "199.0000") for colour in colours]


def test_reviews_of_the_shop_itself_are_reviews(staged: Staged) -> None:
    found = texts(
        staged,
        """
        select review_id, email, product, rating, happened_at from intermediate.int_reviews_unioned
        where source = 'woocommerce'
        """,
    )
    by = "john.doe@example.com"
    assert found == [
        ("woocommerce:20", by, "woocommerce:31", "5", "2018-09-09 00:47:19"),
        ("woocommerce:22", by, "woocommerce:22", "5", "2018-10-18 20:59:17"),
        ("woocommerce:25", by, "woocommerce:22", "4", "2018-10-18 21:37:35"),
        ("woocommerce:26", by, "woocommerce:22", "5", "2018-10-18 21:37:35"),
        ("woocommerce:7", by, "woocommerce:66", "3", "2018-07-26 22:29:21"),
    ]
