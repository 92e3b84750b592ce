"""Writes an order placed because of a message as rows of Shopify's export (79 columns)."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from stammis.demo.names import CATALOGUE, SERIES, SHOPIFY_ORDER_COLUMNS
from stammis.sandbox.simulation import code_in
from stammis.sandbox.state import MessageTimeline, draw

HEADER = SHOPIFY_ORDER_COLUMNS.split("|")
SHOP_ZONE = ZoneInfo("Europe/Stockholm")
MARKETS = {
    "+46": ("SE", "SEK"),
    "+47": ("NO", "NOK"),
    "+45": ("DK", "DKK"),
    "+358": ("FI", "EUR"),
    "+44": ("GB", "GBP"),
}
FIRST_ID = 6_900_000_000_000  # beyond any order of the demo shop
PERCENT = re.compile(r"(\d{1,2}) ?%")
# (item, price in kronor), in the order in which they are numbered by the demo shop
GOODS = [
    (f"{item.split(':')[0]} {series}", int(item.split(":")[1]) * factor)
    for items in CATALOGUE.values()
    for item in items.split("|")
    for series, factor in SERIES
]


def order_rows(timeline: MessageTimeline, seed: int, has_left: bool) -> list[dict[str, str]]:
    """Return one row per line, the first with the order. The same timeline and seed give the same order.

    The buyer is the recipient, by e-mail or, for an SMS, by phone. A code in the text is used: it takes off the percent
    that the text names, else ten.
    """
    message, when = timeline.message, {each.what: each.at for each in timeline.events}
    number = int(draw(seed, "order id", message.draws_by) * 10**11)
    code, phone = code_in(message), message.to if message.provider == "twilio" else ""
    country, currency = next((market for dial, market in MARKETS.items() if phone.startswith(dial)), MARKETS["+46"])
    lines = _lines(timeline, seed)
    goods = sum(quantity * price for *_, quantity, price in lines)
    said = PERCENT.search(message.body)
    discount = round(goods * (int(said[1]) if said else 10) / 100, 2) if code else 0.0
    total = goods - discount
    every = {
        "Name": f"#9{number:011d}",
        "Email": "" if phone else message.to,
        "Created at": _shop_time(when["order"]),
        "Lineitem requires shipping": "true",
        "Lineitem taxable": "true",
        "Lineitem fulfillment status": "fulfilled" if has_left else "pending",
    }
    first = {
        "Id": str(FIRST_ID + number),
        "Financial Status": "paid",
        "Paid at": _shop_time(when["order"]),
        "Fulfillment Status": "fulfilled" if has_left else "unfulfilled",
        "Fulfilled at": _shop_time(when["parcel"]) if has_left else "",
        "Accepts Marketing": "no",
        "Currency": currency,
        "Subtotal": f"{total:.2f}",
        "Shipping": "0.00",
        "Taxes": f"{total / 5:.2f}",
        "Total": f"{total:.2f}",
        "Discount Code": code,
        "Discount Amount": f"{discount:.2f}",
        "Billing Name": message.name,
        "Billing Country": country,
        "Shipping Name": message.name,
        "Shipping Country": country,
        "Phone": f"'{phone}" if phone else "",
        "Payment Method": "Shopify Payments",
        "Refunded Amount": "0.00",
        "Risk Level": "Low",
        "Source": "web",
    }
    return [
        every
        | (first if place == 0 else {})
        | {
            "Lineitem quantity": str(quantity),
            "Lineitem name": name,
            "Lineitem sku": sku,
            "Lineitem price": f"{price:.2f}",
            "Lineitem discount": "0.00",
        }
        for place, (name, sku, quantity, price) in enumerate(lines)
    ]


def _lines(timeline: MessageTimeline, seed: int) -> list[tuple[str, str, int, float]]:
    """(name, article number, pieces, price of one) of one to three lines."""
    lines = []
    for place in range(1 + int(draw(seed, "lines", timeline.message.draws_by) * 3)):
        product = int(draw(seed, "product", place, timeline.message.draws_by) * len(GOODS))
        name, price = GOODS[product]
        lines.append((name, f"LV-{1001 + product}", 1, round(price, 2)))
    return lines


def _shop_time(at: datetime) -> str:
    return at.replace(tzinfo=UTC).astimezone(SHOP_ZONE).strftime("%Y-%m-%d %H:%M:%S %z")
