"""What becomes known late changes what stands on it: a return after forty days, a cancelled order, a corrected line."""

import json
from datetime import datetime
from typing import Any

import pytest

from stammis.core.settings import Settings
from stammis.warehouse import published
from tests.support.cycles import run_cycle
from tests.support.landing import land
from tests.support.places import settings_in

BEFORE, AFTER = datetime.fromisoformat("2025-11-29 10:00"), datetime.fromisoformat("2025-12-02 10:00")
MEMBERS = "member_card,given_name,surname,dob,phone,email,street,postcode,country,joined\n"
Published = list[tuple[Any, ...]]


def order(number: int, email: str, placed: str, sent: str, price: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "email": email,
        "currency": "GBP",
        "subtotal_price": price,
        "financial_status": "paid",
        "fulfillment_status": "fulfilled",
        "fulfillments": [{"created_at": f"{sent}T12:00:00Z"}],
        "created_at": f"{placed}T12:00:00Z",
        "updated_at": f"{sent}T12:00:00Z",
        "cancelled_at": None,
        "refunds": [],
        "line_items": [{"sku": "C1", "name": "Cup", "quantity": 1, "price": price}],
        "shipping_address": {"country_code": "GB"},
    } | changes


ORDERS = [
    order(1, "anna@post.example", "2025-10-20", "2025-10-21", "100.00"),
    order(2, "anna@post.example", "2025-11-12", "2025-11-13", "50.00"),
    order(3, "bo@post.example", "2025-11-13", "2025-11-14", "40.00"),
    order(4, "cy@post.example", "2025-11-13", "2025-11-14", "60.00"),
]
CHANGED = {"updated_at": "2025-12-01T09:00:00Z"}
LATER = [
    order(3, "bo@post.example", "2025-11-13", "2025-11-14", "40.00", cancelled_at="2025-12-01T09:00:00Z", **CHANGED),
    order(4, "cy@post.example", "2025-11-13", "2025-11-14", "45.00", **CHANGED),
]
FORTY_DAYS_LATER = {
    "refund": {
        "id": 7,
        "order_id": 1,
        "created_at": "2025-11-29T12:00:00Z",
        "refund_line_items": [{"quantity": 1, "subtotal": "30.50"}],
    }
}


def look(settings: Settings) -> dict[str, Published]:
    """What stands on orders, as published now."""
    queries = {
        "orders": "select order_id, net_total, is_kept from {orders}",
        "lines": "select order_id, line_total from {order_lines} where order_id = 'shopify:4'",
        "customers": "select email, order_count, net_total from {customers}",
        "points": "select movement_id, points, moved_at from {points_movements}",
        "balance": "select points_balance, points_pending, year_points from {memberships}",
        "returns": "select key, happened_at from {customer_events} where event = 'return'",
        "asked": "select entry_key from {audience_review_request}",
    }
    return {
        name: sorted(tuple(map(str, row.values())) for row in published.rows(settings, f"{query} order by all"))
        for name, query in queries.items()
    }


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Published], dict[str, Published]]:
    """The same shop before and after it learned."""
    folder = tmp_path_factory.mktemp("late")
    settings = settings_in(folder)
    land(settings, "pos/members_2025-11-28.csv", MEMBERS + "C1,Anna,Ek,,,anna@post.example,,,GB,01.01.2025\n")
    land(settings, "shopify/orders_2025-11-28.json", json.dumps({"orders": ORDERS}))
    run_cycle(settings, BEFORE)
    before = look(settings)
    land(settings, "shopify/orders_2025-12-01.json", json.dumps({"orders": LATER}))
    land(settings, "shopify/refund_2025-12-01.json", json.dumps(FORTY_DAYS_LATER))
    run_cycle(settings, AFTER)
    return before, look(settings)


def test_it_was_true_then(days: tuple[dict[str, Published], dict[str, Published]]) -> None:
    before, _ = days
    assert before == {
        "orders": [
            ("shopify:1", "100.00", "True"),
            ("shopify:2", "50.00", "True"),
            ("shopify:3", "40.00", "True"),
            ("shopify:4", "60.00", "True"),
        ],
        "lines": [("shopify:4", "60.0000")],
        "customers": [
            ("anna@post.example", "2", "150.00"),
            ("bo@post.example", "1", "40.00"),
            ("cy@post.example", "1", "60.00"),
        ],
        "points": [
            ("order:shopify:1", "100", "2025-10-20 12:00:00"),
            ("order:shopify:2", "50", "2025-11-12 12:00:00"),
        ],
        "balance": [("150", "0", "150")],
        "returns": [],
        "asked": [("shopify:2",), ("shopify:3",), ("shopify:4",)],
    }


def test_what_is_learned_late_changes_all_that_stands_on_it(
    days: tuple[dict[str, Published], dict[str, Published]],
) -> None:
    _, after = days
    assert after == {
        "orders": [
            ("shopify:1", "69.50", "True"),
            ("shopify:2", "50.00", "True"),
            ("shopify:3", "0.00", "False"),
            ("shopify:4", "45.00", "True"),
        ],
        "lines": [("shopify:4", "45.0000")],
        "customers": [
            ("anna@post.example", "2", "119.50"),
            ("bo@post.example", "0", "0.00"),
            ("cy@post.example", "1", "45.00"),
        ],
        "points": [
            ("order:shopify:1", "100", "2025-10-20 12:00:00"),
            ("order:shopify:2", "50", "2025-11-12 12:00:00"),
            ("refund:shopify:7", "-31", "2025-11-29 12:00:00"),
        ],
        "balance": [("119", "0", "119")],
        "returns": [("shopify:7", "2025-11-29 12:00:00")],
        "asked": [("shopify:4",)],  # nobody who has since brought something back, nor who cancelled
    }
