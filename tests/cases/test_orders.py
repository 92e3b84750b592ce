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

LATER = datetime.fromisoformat("2025-12-13 10:00")
BOUGHT = "2025-11-20T12:00:00Z"
MEMBERS = "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined,country\n"
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
# who bought at a till and brought it back: (day, receipt, card, pieces, price, receipt it was bought on)
BACK = [
    ("01.11.2025", "B1", "K9001", 1, 80, ""),
    ("10.11.2025", "B2", "K9001", 1, 80, ""),
    ("15.11.2025", "B3", "K9001", -1, 80, ""),  # the newer of the two
    ("01.03.2025", "B4", "K9002", 1, 60, ""),
    ("20.11.2025", "B5", "K9002", -1, 60, "B4"),  # months later, with its receipt
    ("01.03.2025", "B6", "K9003", 1, 60, ""),
    ("20.11.2025", "B7", "K9003", -1, 60, ""),  # months later, without
    ("01.11.2025", "B8", "K9004", 3, 30, ""),
    ("05.11.2025", "B9", "K9004", -1, 30, ""),
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


def at_till(row: tuple[str, str, str, int, int, str], place: int) -> str:
    day, number, card, pieces, price, return_of = row
    kind = "sale" if pieces > 0 else "return"
    return (
        f'{number},S2,1,{day} 12:00,,,{card},A2,VASE,{pieces},"{price}","{pieces * price}",{kind},{place},{return_of}\n'
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    settings = settings_in(tmp_path_factory.mktemp("orders"))
    for case in ("05", "06", "13", "data_9_paid_without_a_time"):
        land_case(settings, case)
    land(settings, "shopify/orders_own_2025-12-10.json", json.dumps([order for order, _ in ORDERS.values()]))
    land(settings, "shopify/orders_export_own.csv", CSV + "".join(map(sheet, SHEETS)))
    land(settings, "pos/receipts_own.csv", RECEIPTS + "".join(receipt(line, n) for n, line in enumerate(TILL, 1)))
    till = RECEIPTS.replace("line_no", "line_no,return_of")
    land(settings, "pos/receipts_back.csv", till + "".join(at_till(row, place) for place, row in enumerate(BACK, 1)))
    cards = "".join(f"K900{n},P{n},Ek,,,p{n}@back.example,,,,01.02.2025,SE\n" for n in range(1, 5))
    land(settings, "pos/members_back.csv", MEMBERS + cards)
    return run_cycle(settings, NOW)


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    settings = settings_in(tmp_path_factory.mktemp("abroad"))
    land_case(settings, "07")
    land_case(settings, "07", "later")
    own = [("7201", "A", "EUR"), ("7202", "A", "SEK"), ("7203", "B", "GBP"), ("7204", "C", "PLN")]
    orders = "".join(bought(number, who, currency) for number, who, currency in own)
    land(settings, "shopify/orders_export_abroad.csv", CSV + orders)
    return run_cycle(settings, LATER)


def bought(number: str, who: str, currency: str) -> str:
    when = "2025-06-01 12:00:00 +0000"
    return (
        f"#{number},{who}@abroad.example,paid,{when},fulfilled,{when},{currency},100.00,0,100.00,,{when},1,Mug,100.00,"
        f"A1,,0.00,{number},,0.00\n"
    )


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
    web, till = {f"shopify:{number}" for number in (7007, 7008, 7102, 7104, 131301)}, ("B2", "B4", "B7", "B8")
    assert {order.split("/")[2] for order in returned if order.startswith("pos:")} == set(till)
    assert {order for order in returned if not order.startswith("pos:")} == web


def test_a_gift_card_earns_nothing_and_is_not_asked_after(run: cycles.Cycle) -> None:
    points = {
        row["first_name"]: (row["points"], row["tier"])
        for row in rows(
            run,
            """select first_name, points_balance + points_pending as points, tier from {customers}
            inner join {memberships} using (customer_id)""",
        )
    }
    points = {name: each for name, each in points.items() if name in ("Hild", "Ivar", "Jorun", "Kalle")}
    assert points == {"Hild": (40, "basic"), "Ivar": (40, "basic"), "Jorun": (0, "basic"), "Kalle": (0, "basic")}
    counts = rows(run, "select product_line_count from {orders} where order_id in ('shopify:60601', 'shopify:60602')")
    assert [row["product_line_count"] for row in counts] == [0, 0]
    asked = rows(run, "select distinct first_name from {outbox} inner join {customers} using (customer_id)")
    assert {row["first_name"] for row in asked} & {"Hild", "Ivar", "Jorun", "Kalle"} == {"Hild", "Ivar"}


def test_moments_of_payment(run: cycles.Cycle) -> None:
    """Money that came without a time counts from the order."""
    (found,) = rows(run, "select ordered_at, is_kept from {orders} where order_id = 'shopify:5000000001001'")
    assert (found["ordered_at"], found["is_kept"]) == (datetime(2025, 11, 1, 10), True)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("name", "orders", "net_total", "last"),
    [
        ("P1", 1, "80.00", "B1"),  # as if the newer purchase had not been
        ("P2", 0, "0.00", None),
        ("P3", 1, "60.00", "B6"),  # nobody knows what the return undid: it stays a receipt below zero, which no sum has
        ("P4", 1, "60.00", "B8"),
    ],
)
def test_what_comes_back_at_a_till_lowers_its_purchase(
    run: cycles.Cycle, name: str, orders: int, net_total: str, last: str | None
) -> None:
    (found,) = rows(run, f"select * from {{customers}} where first_name = '{name}'")
    order = str(found["last_kept_order_id"]).split("/")[2] if found["last_kept_order_id"] else None
    assert (found["order_count"], str(found["net_total"]), order) == (orders, net_total, last)


def test_a_return_counts_in_the_year_of_its_purchase(run: cycles.Cycle) -> None:
    """Bought for 16,000 in the year before, and brought back in this one."""
    (found,) = rows(
        run,
        """select tier, year_points, points_balance + points_pending as points
        from {customers} inner join {memberships} using (customer_id) where first_name = 'Tyr'""",
    )
    assert found == {"tier": "basic", "year_points": 0, "points": 0}


def test_no_sum_adds_two_currencies(abroad: cycles.Cycle) -> None:
    totals = rows(
        abroad,
        """select split_part(email, '@', 1) as who, totals.currency, totals.net_total
        from {customer_totals} as totals inner join {customers} using (customer_id) order by all""",
    )
    assert [(row["who"], row["currency"], str(row["net_total"])) for row in totals] == [
        *[("a", "EUR", "100.00"), ("a", "SEK", "100.00"), ("b", "GBP", "100.00"), ("c", "PLN", "100.00")],
        *[("lova", "EUR", "50.00"), ("lova", "SEK", "5000.00"), ("mio", "USD", "1000.00")],
        *[("nova", "EUR", "300.00"), ("nova", "SEK", "1200.00")],
    ]
    found = rows(abroad, "select split_part(email, '@', 1) as who, net_total, currency from {customers} order by who")
    assert [(row["who"], str(row["net_total"]), row["currency"]) for row in found] == [
        ("a", "94.63", "GBP"),  # 100 euros at 0.87, 100 crowns at 0.87 : 11.4
        ("b", "100.00", "GBP"),
        ("c", "0.00", "GBP"),  # no rate: named below
        ("lova", "425.07", "GBP"),
        ("mio", "0.00", "GBP"),
        ("nova", "352.57", "GBP"),
    ]


def test_a_basket_is_in_points_and_each_currency_earns_by_its_rule(abroad: cycles.Cycle) -> None:
    (nova,) = rows(
        abroad,
        """select basket_points, is_within_a_basket from {rules_tier_nudge} as rules
        inner join {customers} using (customer_id) where first_name = 'Nova'""",
    )
    assert nova == {"basket_points": 210, "is_within_a_basket": True}


def test_a_currency_without_a_rule_is_named_and_holds_what_speaks_of_points(abroad: cycles.Cycle) -> None:
    assert {(hold.journey, hold.check_name) for hold in abroad.holds if "currency" in hold.check_name} == {
        ("tier_nudge", "assert_every_currency_earns")
    }
