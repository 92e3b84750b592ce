"""What a small shop lands of codes, gift cards, checkouts and tags, by its place in the landing folder.

Asa buys, comes back, and buys at the till; Bo leaves a checkout behind; Cai is known by a checkout alone.
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.landing import ORDERS

# Whoever has one of these has the money, or another's checkout: no table may.
GIFT_CODE, CHECKOUT_TOKEN = "k7q2m9x4c8d1h3n5", "5f1c0de5f1c0de5f1c0de"
RECEIPTS = (
    "receipt_no,store,till,sold_at,member_phone,member_email,member_card,sku,item,qty,unit_price,line_total,kind,"
    "line_no,coupon\n"
)


def order(number: int, **changes: Any) -> dict[str, Any]:
    """An order as REST has it."""
    line = {"sku": "C1", "name": "Cup", "quantity": 1, "price": "100.00"}
    placed = {"created_at": "2026-11-10T10:00:00Z", "updated_at": "2026-11-10T10:00:00Z"}
    plain = {"id": number, "currency": "SEK", "subtotal_price": "90.00", "financial_status": "paid"}
    return {**plain, **placed, "email": "asa@post.example", "line_items": [line], "refunds": [], "tags": "", **changes}


def checkout(number: int, email: str | None, **changes: Any) -> dict[str, Any]:
    """A checkout as REST has it, with what must not be kept of it."""
    lines = [
        {"sku": "C1", "title": "Cup", "quantity": 2, "price": "100.00"},
        {"sku": "T1", "title": "Table", "quantity": 1, "price": "900.00"},
    ]
    moments = {"created_at": "2026-11-09T10:00:00Z", "updated_at": "2026-11-09T10:10:00Z", "completed_at": None}
    secret = {"token": CHECKOUT_TOKEN, "abandoned_checkout_url": f"https://shop.example/1/checkouts/{CHECKOUT_TOKEN}"}
    plain = {"id": number, "currency": "SEK", "subtotal_price": "1100.00", "buyer_accepts_marketing": True}
    return {**plain, **moments, **secret, "email": email, "line_items": lines, **changes}


def gift_card(number: int, **changes: Any) -> dict[str, Any]:
    """A gift card as the call that made it was answered: with its code."""
    plain = {"id": number, "code": GIFT_CODE, "last_characters": GIFT_CODE[-4:], "currency": "SEK"}
    moments = {"created_at": "2026-11-10T10:00:00Z", "updated_at": "2026-11-10T10:00:00Z"}
    return {**plain, **moments, "initial_value": "500.00", "balance": "500.00", **changes}


def receipt(number: int, line: int, coupon: str, email: str = "") -> str:
    return f'R{number},S1,1,20.11.2026 12:00,,{email},,C1,Cup,1,"80,00","80,00",sale,{line},{coupon}\n'


SAVED = {"code": "Hej10", "amount": "10.00", "type": "percentage"}
LANDED: Mapping[str, str] = {
    # 7001 has two codes here, and one in the API's newer version
    "shopify/orders_export_2026-11-11.csv": ORDERS.replace("Id\n", "Id,Tags,Discount Amount\n")
    + "#1,asa@post.example,paid,2026-11-10 11:00:00 +0100,,,SEK,90.00,90.00,"
    '"HEJ10, FRAKT",2026-11-10 11:00:00 +0100,1,Cup,100.00,C1,,0.00,7001,"Gåva, VIP",59.00\n'
    "#2,asa@post.example,paid,2026-11-10 11:00:00 +0100,,,SEK,90.00,90.00,"
    '"HEJ10, FRAKT",2026-11-10 11:00:00 +0100,1,Cup,100.00,C1,,0.00,7002,,59.00\n',
    "shopify/orders_2026-11-20.json": json.dumps(
        {
            "orders": [
                order(7001, discount_codes=[SAVED], tags="gåva", checkout_id=31),
                order(7003, discount_codes=[{"code": "HEJ10", "amount": "ten"}]),
                order(7004, discount_codes="HEJ10"),  # as no API of Shopify's has it, but an app may
            ]
        }
    ),
    "shopify/customers_export_2026-11-01.csv": "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Tags\n"
    '88,Asa,,asa@post.example,no,"VIP, Grossist"\n89,Bo,,bo@post.example,no,Grossist\n',
    "shopify/customers_2026-11-20.json": json.dumps(
        {"customers": [{"id": 88, "email": "asa@post.example", "tags": "vip", "updated_at": "2026-11-19T10:00:00Z"}]}
    ),
    "shopify/gift_cards_2026-11-20.json": json.dumps(
        {
            "gift_cards": [
                gift_card(41, customer_id=88, order_id=7001, balance="120.00", note="For Asa"),
                gift_card(42, initial_value="all of it"),
                gift_card(43, last_characters="....h3n6", expires_on="2027-11-10", disabled_at="2026-11-21T10:00:00Z"),
            ]
        }
    ),
    "shopify/checkouts_2026-11-20.json": json.dumps(
        {
            "checkouts": [
                checkout(31, "ASA@post.example"),
                checkout(32, None, customer={"id": 89}, phone="070-174 06 05", shipping_address={"country_code": "SE"}),
                checkout(33, "cai@post.example"),
                checkout(34, "bo@post.example", completed_at="2026-11-09T10:20:00Z"),
                checkout(35, "bo@post.example", created_at=None),
            ]
        }
    ),
    # Shopify's admin exports these as CSV as well; nobody has told its columns
    "shopify/abandoned_checkouts_export_1.csv": "Id,Email,Created at,Total\n36,bo@post.example,2026-11-09,1100.00\n",
    "woocommerce/woo_orders_2026-11-20.json": json.dumps(
        [
            {
                "id": 501,
                "status": "completed",
                "currency": "SEK",
                "prices_include_tax": True,
                "billing": {"email": "asa@post.example"},
                "line_items": [{"sku": "C1", "quantity": 1, "total": "72.00", "total_tax": "18.00"}],
                "coupon_lines": [
                    {"id": 1, "code": "hej10", "discount": "8.00", "discount_tax": "2.00"},
                    {"id": 2, "code": "frakt", "discount": "0.00", "discount_tax": "0.00"},
                ],
                "date_created_gmt": "2026-11-12T10:00:00",
                "date_modified_gmt": "2026-11-12T10:00:00",
            }
        ]
    ),
    "pos/receipts_2026-11-20.csv": RECEIPTS
    + receipt(1, 1, "", "ASA@POST.EXAMPLE")
    + receipt(1, 2, '"hej10, FRAKT"', "ASA@POST.EXAMPLE")
    + receipt(2, 1, "HEJ10")
    + receipt(2, 2, "HEJ10")
    + receipt(3, 1, ""),
    # an older till, which writes no coupons
    "pos/receipts_2026-11-01.csv": RECEIPTS.replace(",coupon", "")
    + receipt(4, 1, "").replace("20.11", "01.11").replace(",\n", "\n"),
    "newsletter/subscribed_members_export_2026-11-20.csv": "Email Address,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,TAGS\n"
    'Asa@Post.example,2026-11-01 10:00:00,2026-11-01 10:05:00,2026-11-01 10:05:00,"""VIP"",""Kaffe, te"""\n',
    "zendesk/tickets_2026-11-20.json": json.dumps(
        [
            {
                "id": number,
                "requester_id": 20,
                "status": "open",
                "tags": tags,
                "created_at": "2026-11-15T10:00:00Z",
                "updated_at": "2026-11-15T10:00:00Z",
            }
            for number, tags in ((1, ["retur", "VIP"]), (2, ["retur"]), (3, []))
        ]
    ),
    "zendesk/users_2026-11-20.csv": "id,role,email,phone,name,created_at,updated_at\n"
    "20,end-user,asa@post.example,,Asa,2026-11-15T10:00:00Z,2026-11-15T10:00:00Z\n",
}
