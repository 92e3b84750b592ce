"""What counts as a sale, what it is worth, and what a return takes back."""

from stammis.demo.kinds.kind import NOTHING, Kind, mail
from stammis.demo.kinds.records import (
    account,
    ago,
    api_order,
    card,
    iso,
    page,
    receipt,
    refund,
    sheet,
    subscriber,
    thing,
)

BASIC = {"memberships.tier": "basic", "memberships.points_balance": "0", "memberships.points_pending": "0"}

ORDERS = (
    Kind(
        "test_order",
        "an order of the test gateway is no sale",
        (api_order(6301, mail("test.order"), 20, "400.00", test=True),),
        NOTHING,
    ),
    Kind(
        "half_paid",
        "a part is still owed",
        (api_order(6302, mail("half.paid"), 20, "400.00", financial_status="partially_paid"),),
        NOTHING,
    ),
    Kind(
        "authorised",
        "the card said yes, nobody has asked for the money",
        (sheet(6303, mail("authorised"), 20, "400.00", Financial_Status="authorized", Paid_at=""),),
        NOTHING,
    ),
    Kind(
        "voided",
        "the yes of the card was given back",
        (sheet(6304, mail("voided"), 20, "400.00", Financial_Status="voided", Paid_at=""),),
        NOTHING,
    ),
    Kind(
        "paid_without_a_time",
        "paid is what the status says; the order's own time stands for the payment's",
        (sheet(6305, mail("paid.untimed"), 20, "400.00", Paid_at=""),),
        {"customers.order_count": "1", "orders.net_total": "400.00"},
    ),
    Kind(
        "cancelled_in_a_newer_file",
        "file 10 is newer than file 9",
        (
            sheet(6306, mail("cancelled"), 20, "400.00", file="shopify/orders_export_9.csv"),
            sheet(
                6306,
                mail("cancelled"),
                20,
                "400.00",
                file="shopify/orders_export_10.csv",
                Cancelled_at=f"{ago(19):%Y-%m-%d %H:%M:%S} +0000",
            ),
        ),
        NOTHING,
    ),
    Kind(
        "id_of_a_spreadsheet",
        "an order number that a spreadsheet made 6E+12 is nobody's: the row waits for a whole export",
        (account(6412, mail("spreadsheet"), "Xenia Cell"), sheet("6E+12", mail("spreadsheet"), 20, "400.00")),
        NOTHING,
    ),
    Kind(
        "freight_paid_back",
        "freight that is paid back is no return of goods, and takes no points",
        (
            api_order(
                6307,
                mail("freight.back"),
                60,
                "400.00",
                financial_status="partially_refunded",
                refunds=[refund(6307, 50, "0.00", "59.00")],
            ),
            card("KIND07", "Frida Frakt", email=mail("freight.back")),
        ),
        {"orders.net_total": "400.00", "orders.is_return": "false", "memberships.points_balance": "400"},
    ),
    Kind(
        "goods_and_freight_paid_back",
        "of what was paid back only the goods lower the order",
        (
            api_order(
                6308,
                mail("goods.back"),
                60,
                "400.00",
                financial_status="partially_refunded",
                refunds=[refund(6308, 50, "100.00", "59.00")],
            ),
        ),
        {"orders.net_total": "300.00", "orders.is_return": "true"},
    ),
    Kind(
        "gift_card_bought",
        "a gift card sold is money kept, no sale: no points, no tier, nothing to review",
        (
            api_order(6309, mail("gift.bought"), 13, "5000.00", line_items=[thing("5000.00", "Gåva", gift_card=True)]),
            card("KIND09", "Greta Gåva", email=mail("gift.bought")),
            account(6409, mail("gift.bought"), "Greta Gåva"),
            subscriber(mail("gift.bought")),
            (
                page("shopify/gift_cards"),
                {
                    "id": 6309,
                    "code": "k7q2m9x4c8d1h3n5",
                    "last_characters": "h3n5",
                    "currency": "GBP",
                    "initial_value": "5000.00",
                    "balance": "4800.00",
                    "customer_id": 6409,
                    "order_id": 6309,
                    "created_at": iso(13),
                    "updated_at": iso(3),
                },
            ),
        ),
        {"orders.net_total": "0.00", "gift_cards.balance": "4800.00", "audience_review_request.entry_key": "", **BASIC},
    ),
    Kind(
        "gift_card_spent",
        "a gift card that pays is a payment, no discount",
        (
            *receipt(
                "K10",
                60,
                ("LV-1002", "Mugg 30 cl Björkö", 2, "200.00", "sale"),
                ("", "Gift card 200 paid", 1, "-200.00", "payment"),
                member_card="KIND10",
            ),
            card("KIND10", "Gun Giver", email=mail("gift.spent")),
        ),
        {"orders.net_total": "200.00", "memberships.points_balance": "200"},
    ),
    Kind(
        "till_lines",
        "rounding, deposits and tips are no sales; a discount is taken off one",
        (
            *receipt(
                "K11",
                60,
                ("LV-1002", "Mugg 30 cl Björkö", 1, "200.00", "sale"),
                ("", "Öresavrundning", 1, "-0.40", "sale"),
                ("", "Pant PET", 2, "2.00", "sale"),
                ("", "Dricks", 1, "20.00", "tip"),
                ("", "Medlemsrabatt", 1, "-50.00", "discount"),
                member_card="KIND11",
            ),
            card("KIND11", "Tilda Till", email=mail("till.lines")),
        ),
        {"orders.net_total": "150.00", "memberships.points_balance": "150"},
    ),
    Kind(
        "free_order",
        "what cost nothing is an order, and no value",
        (
            sheet(6312, mail("free.order"), 200, "100.00"),
            sheet(6313, mail("free.order"), 100, "0.00", Subtotal="0.00", Lineitem_discount="100.00"),
        ),
        {"customers.net_total": "100.00", "orders.net_total": "0.00, 100.00"},
    ),
    Kind(
        "two_orders_of_a_day",
        "orders of one day are one occasion",
        (
            sheet(6314, mail("same.day"), 100, "100.00"),
            *receipt(
                "K14",
                100,
                ("LV-1002", "Mugg 30 cl Björkö", 1, "50.00", "sale"),
                member_email=mail("same.day").upper(),
            ),
        ),
        {"customers.order_count": "2", "customers.order_day_count": "1"},
    ),
    Kind(
        "two_currencies",
        "no sum adds two: one a currency, and one in the shop's own by the day's rate",
        (
            sheet(6315, mail("two.currencies"), 100, "100.00", Currency="EUR"),
            sheet(6316, mail("two.currencies"), 90, "1140.00", Currency="SEK"),
        ),
        {
            "customer_totals.currency": "EUR, SEK",
            "customer_totals.net_total": "100.00, 1140.00",
            "customers.currency": "GBP",
            "customers.net_total": "174.00",
        },
    ),
)


RETURNS = (
    Kind(
        "returned_with_receipt",
        "a return undoes the purchase whose receipt it names, however long ago",
        (
            *receipt(
                "K20", 300, ("LV-1005", "Tallrik 27 cm Björkö", 1, "80.00", "sale"), member_email=mail("back.receipt")
            ),
            *receipt(
                "K21",
                20,
                ("LV-1005", "Tallrik 27 cm Björkö", -1, "-80.00", "return"),
                member_email=mail("back.receipt"),
                return_of="K20",
            ),
        ),
        NOTHING,
    ),
    Kind(
        "returned_without_receipt",
        "without one, the same buyer's latest purchase of that article at that price",
        (
            *receipt(
                "K22", 50, ("LV-1005", "Tallrik 27 cm Björkö", 3, "240.00", "sale"), member_email=mail("back.part")
            ),
            *receipt(
                "K23", 20, ("LV-1005", "Tallrik 27 cm Björkö", -1, "-80.00", "return"), member_email=mail("back.part")
            ),
        ),
        {"customers.order_count": "1", "customers.net_total": "160.00"},
    ),
    Kind(
        "tier_bought_and_returned",
        "a return counts in the programme's year of its purchase: the tier goes with it",
        (
            *receipt("K24", 40, ("LV-1005", "Tallrik 27 cm Björkö", 20, "1600.00", "sale"), member_card="KIND24"),
            *receipt("K25", 4, ("LV-1005", "Tallrik 27 cm Björkö", -20, "-1600.00", "return"), member_card="KIND24"),
            card("KIND24", "Tyra Tur", email=mail("tier.back"), joined=f"{ago(373):%d.%m.%Y}"),
        ),
        {"memberships.year_points": "0", "customers.order_count": "0", **BASIC},
    ),
    Kind(
        "tier_kept_for_a_year",
        "points count in the year they were earned in, and a tier is kept for the year after",
        (
            *receipt("K26", 100, ("LV-1005", "Tallrik 27 cm Björkö", 6, "600.00", "sale"), member_card="KIND26"),
            *receipt("K27", 20, ("LV-1005", "Tallrik 27 cm Björkö", 1, "80.00", "sale"), member_card="KIND26"),
            card("KIND26", "Tora Trogen", email=mail("tier.held"), joined=f"{ago(400):%d.%m.%Y}"),
        ),
        {"memberships.tier": "silver", "memberships.year_points": "80"},
    ),
)
