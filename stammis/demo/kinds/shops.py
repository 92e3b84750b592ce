"""What other programs of a shop know: an outlet's orders, codes, checkouts, labels, reviews."""

from stammis.demo.kinds.kind import Kind, mail
from stammis.demo.kinds.records import YOTPO, account, api_order, iso, page, receipt, woo_order

SHOPS = (
    Kind(
        "outlet_refund",
        "another shop's orders, money back with its freight",
        (
            woo_order(6501, mail("outlet.refund"), 60, "400.00", shipping_total="59.00", refunds=[{"total": "-59.00"}]),
            (
                page("woocommerce/woo_order-refunds"),
                {
                    "id": 6502,
                    "parent_id": 6501,
                    "amount": "59.00",
                    "line_items": [],
                    "shipping_lines": [{"total": "-59.00", "total_tax": "0.00"}],
                    "date_created_gmt": iso(50)[:-1],
                },
            ),
        ),
        {"orders.net_total": "400.00", "orders.is_return": "false"},
    ),
    Kind(
        "several_codes",
        "every code of an order is known, also those typed at a till",
        (
            woo_order(
                6503,
                mail("codes"),
                60,
                "90.00",
                coupon_lines=[
                    {"code": "hej10", "discount": "8.00", "discount_tax": "2.00"},
                    {"code": "frakt", "discount": "0.00", "discount_tax": "0.00"},
                ],
            ),
            *receipt(
                "K50",
                60,
                ("LV-1002", "Mugg 30 cl Björkö", 1, "90.00", "sale"),
                member_email=mail("codes"),
                coupon="HEJ10",
            ),
        ),
        {"order_discounts.code_folded": "FRAKT, HEJ10, HEJ10"},
    ),
    Kind(
        "left_a_checkout",
        "a checkout that no order came of",
        (
            account(6410, mail("checkout"), "Chie Kassa"),
            (
                page("shopify/checkouts"),
                {
                    "id": 6504,
                    "email": mail("checkout"),
                    "currency": "GBP",
                    "subtotal_price": "40.00",
                    "created_at": iso(2),
                    "updated_at": iso(2),
                    "completed_at": None,
                    "line_items": [{"sku": "LV-1002", "title": "Mugg", "quantity": 2, "price": "20.00"}],
                },
            ),
        ),
        {"checkouts.is_abandoned": "true", "checkouts.gross_total": "40.00"},
    ),
    Kind(
        "tags_of_a_shop",
        "a label is one, in whatever letters",
        (
            account(6408, mail("tags"), "Tage Tag", Tags="VIP, Grossist"),
            api_order(6505, mail("tags"), 60, "20.00", tags="vip"),
        ),
        {"customer_tags.tag_folded": "grossist, vip, vip"},
    ),
    Kind(
        "reviewed_elsewhere",
        "a review written in another place is known",
        (
            woo_order(6506, mail("reviewed"), 13, "90.00"),
            (YOTPO, {"review_score": 5, "date": iso(5), "product_id": "LV-1002", "email": mail("reviewed")}),
            (
                page("woocommerce/woo_product-reviews"),
                {
                    "id": 6507,
                    "product_id": 1002,
                    "reviewer_email": mail("reviewed"),
                    "rating": 5,
                    "date_created_gmt": iso(4)[:-1],
                },
            ),
        ),
        {"customer_events.event": "order, review, review"},
    ),
)
