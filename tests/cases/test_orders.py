"""What an order is worth: its sales alone, and of returns those of goods, paid as the shop system says."""

import json
from datetime import datetime
from typing import Any

import pytest

from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.support.cases import land_case
from tests.support.cycles import run_cycle
from tests.support.landing import RECEIPTS, land
from tests.support.moments import NOW
from tests.support.places import settings_in

pytestmark = pytest.mark.xdist_group("cases")

BOUGHT = "2025-11-20T12:00:00Z"
CSV = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,Total,"
    "Discount Code,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,"
    "Refunded Amount,Id,Payment Method,Lineitem discount\n"
)


def shopify(number: int, *, subtotal: str = "400.00", state: str = "paid", **changes: Any) -> dict[str, Any]:
    """An order of the API as it answers, of one vase."""
    vase = {"id": 1, "sku": "A1", "name": "Vas", "quantity": 1, "price": "400.00", "total_discount": "0.00"}
    order = {
        "id": number,
        "email": f"buyer{number}@orders.example",
        "created_at": BOUGHT,
        "updated_at": BOUGHT,
        "currency": "SEK",
        "subtotal_price": subtotal,
        "financial_status": state,
        "fulfillment_status": "fulfilled",
        "fulfillments": [{"created_at": BOUGHT}],
        "line_items": [vase],
        "refunds": [],
    }
    return order | changes


def refund(number: int, goods: list[str], paid: str, freight: str | None = None) -> list[dict[str, Any]]:
    """A refund of these goods, with this much money paid back, of which so much was freight."""
    adjusted = [{"kind": "shipping_refund", "amount": f"-{freight}", "tax_amount": "0.00"}] if freight else []
    lines = [{"id": place, "quantity": 1, "subtotal": amount} for place, amount in enumerate(goods)]
    money = [{"kind": "refund", "status": "success", "amount": paid}]
    return [
        {
            "id": number,
            "created_at": "2025-12-01T12:00:00Z",
            "refund_line_items": lines,
            "order_adjustments": adjusted,
            "transactions": money,
        }
    ]


def gift_card(price: str) -> dict[str, Any]:
    return {"id": 2, "sku": "", "name": "Gåva", "gift_card": True, "quantity": 1, "price": price, "total_discount": "0"}


VASE = shopify(0)["line_items"]
ORDERS = {  # number → (order, net_total)
    7001: (shopify(7001, test=True), "0.00"),
    7002: (shopify(7002, state="partially_paid"), "0.00"),
    7003: (shopify(7003, state="pending"), "0.00"),
    7004: (shopify(7004, state="authorized"), "0.00"),
    7005: (shopify(7005, state="voided"), "0.00"),
    7006: (shopify(7006, state="PARTIALLY_REFUNDED", refunds=refund(7006, [], "59.00", "59.00")), "400.00"),
    7007: (shopify(7007, state="partially_refunded", refunds=refund(7007, ["100.00"], "159.00", "59.00")), "300.00"),
    7008: (shopify(7008, state="partially_refunded", refunds=refund(7008, [], "159.00", "59.00")), "300.00"),
    7009: (shopify(7009, subtotal="900.00", line_items=[*VASE, gift_card("500.00")]), "400.00"),
    7010: (shopify(7010, subtotal="500.00", line_items=[gift_card("500.00")]), "0.00"),
}
SHEETS = {  # number → (financial status, paid at, method, refunded, article, net_total)
    7101: ("paid", "", "Shopify Payments", "0.00", "Mug", "100.00"),
    7102: ("refunded", "", "Shopify Payments", "149.00", "Mug", "0.00"),
    7103: ("partially_refunded", "", "Shopify Payments", "49.00", "Mug", "100.00"),  # just the freight
    7104: ("partially_refunded", "", "Shopify Payments", "60.00", "Mug", "40.00"),
    7105: ("paid", "", "bogus", "0.00", "Mug", "0.00"),
    7106: ("partially_paid", "2025-11-20 12:00:00 +0000", "Shopify Payments", "0.00", "Mug", "0.00"),
    7107: ("authorized", "", "Shopify Payments", "0.00", "Mug", "0.00"),
    7108: ("paid", "", "Shopify Payments", "0.00", "Lahjakortti 100 e", "0.00"),
    7109: ("paid", "", "Shopify Payments", "0.00", "Gift card holder", "100.00"),
}
TILL = [  # (receipt, sku, item, pieces, price, kind)
    ("T1", "A1", "VASE", "1", "200,00", "sale"),
    ("T1", "", "Öresavrundning", "1", "-0,40", "sale"),
    ("T1", "9", "Pant PET", "2", "2,00", "sale"),
    ("T1", "", "Dricks", "1", "20,00", "tip"),
    ("T1", "8", "Medlemsrabatt", "1", "-50,00", "discount"),
    ("T2", "GIFT_0001", "KORT", "1", "500,00", "sale"),
    ("T3", "A1", "VASE", "1", "200,00", "sale"),
    ("T3", "", "Presentkort 200 kr", "1", "-200,00", "sale"),  # that paid
    ("T4", "9", "Pant PET", "-6", "-6,00", "return"),
]
RECEIPTS_NET = {"T1": "150.00", "T2": "0.00", "T3": "200.00", "T4": "0.00"}


def sheet(number: int) -> str:
    state, paid_at, method, refunded, article, _ = SHEETS[number]
    return (
        f"#{number},buyer{number}@orders.example,{state},{paid_at},fulfilled,2025-11-21 12:00:00 +0000,SEK,100.00,"
        f"49.00,149.00,,2025-11-20 12:00:00 +0000,1,{article},100.00,,,{refunded},{number},{method},0.00\n"
    )


def receipt(line: tuple[str, ...], place: int) -> str:
    number, sku, item, pieces, total, kind = line
    who = f"+4670174{6300 + int(number[1])}"
    return f'{number},S1,1,20.11.2025 12:00,{who},,,{sku},{item},{pieces},"1","{total}",{kind},{place}\n'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    settings = settings_in(tmp_path_factory.mktemp("orders"))
    for case in ("05", "06", "data_9_paid_without_a_time"):
        land_case(settings, case)
    land(settings, "shopify/orders_own_2025-12-10.json", json.dumps([order for order, _ in ORDERS.values()]))
    land(settings, "shopify/orders_export_own.csv", CSV + "".join(map(sheet, SHEETS)))
    land(settings, "pos/receipts_own.csv", RECEIPTS + "".join(receipt(line, n) for n, line in enumerate(TILL, 1)))
    return run_cycle(settings, NOW)


def rows(run: cycles.Cycle, query: str) -> list[dict[str, Any]]:
    return published.rows(run.settings, query, run_id=run.run_id)


@pytest.mark.parametrize(
    ("order", "net_total"),
    [
        ("shopify:50501", "400.00"),  # freight alone was paid back
        ("woocommerce:50502", "400.00"),
        ("shopify:60601", "0.00"),  # gift cards, by their name and by the API's word
        ("shopify:60602", "0.00"),
        ("shopify:5000000001001", "10.00"),  # paid, without a time
        *((f"shopify:{number}", net) for number, (_, net) in ORDERS.items()),
        *((f"shopify:{number}", each[-1]) for number, each in SHEETS.items()),
        *((f"pos:S1/1/{number}/2025-11-20", net) for number, net in RECEIPTS_NET.items()),
    ],
)
def test_an_order_is_worth_its_sales(run: cycles.Cycle, order: str, net_total: str) -> None:
    (found,) = rows(run, f"select net_total, is_return from {{orders}} where order_id = '{order}'")
    assert str(found["net_total"]) == net_total


def test_only_goods_that_came_back_are_a_return(run: cycles.Cycle) -> None:
    returned = {row["order_id"] for row in rows(run, "select order_id from {orders} where is_return")}
    assert returned == {f"shopify:{number}" for number in (7007, 7008, 7102, 7104)}
    events = rows(run, "select key from {customer_events} where event = 'return' and key not like '%7%'")
    assert events == []


def test_a_gift_card_earns_nothing_and_is_not_asked_after(run: cycles.Cycle) -> None:
    points = {
        row["first_name"]: (row["points"], row["tier"])
        for row in rows(
            run,
            """select first_name, points_balance + points_pending as points, tier from {customers}
            inner join {memberships} using (customer_id)""",
        )
    }
    assert points == {"Hild": (40, "basic"), "Ivar": (40, "basic"), "Jorun": (0, "basic"), "Kalle": (0, "basic")}
    counts = rows(run, "select product_line_count from {orders} where order_id in ('shopify:60601', 'shopify:60602')")
    assert [row["product_line_count"] for row in counts] == [0, 0]
    asked = rows(run, "select distinct first_name from {outbox} inner join {customers} using (customer_id)")
    assert {row["first_name"] for row in asked} & {"Hild", "Ivar", "Jorun", "Kalle"} == {"Hild", "Ivar"}


def test_moments_of_payment(run: cycles.Cycle) -> None:
    """Money that came without a time counts from the order."""
    (found,) = rows(run, "select ordered_at, is_kept from {orders} where order_id = 'shopify:5000000001001'")
    assert (found["ordered_at"], found["is_kept"]) == (datetime(2025, 11, 1, 10), True)  # noqa: DTZ001
