"""Writes single records as each source exports them: one function a kind of record, for people invented by hand.

A record is the file that it lands in and its columns; a column that is not named stays empty. Moments are `days`
before AS_OF.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from stammis.demo.names import SHOP_NUMBER
from stammis.demo.people import AS_OF

Record = tuple[str, dict[str, Any]]

DAY = f"{AS_OF:%Y-%m-%d}"
SHEET, CARDS = "shopify/orders_export_2.csv", f"pos/members_{DAY}.csv"
ACCOUNTS, RECEIPTS = f"shopify/customers_export_{DAY}.csv", f"pos/receipts_{DAY}.csv"
LIST, LEFT = f"newsletter/subscribed_members_export_{DAY}.csv", f"newsletter/unsubscribed_members_export_{DAY}.csv"
PROFILES, MERGES, SPLITS = f"klaviyo/klaviyo_{DAY}.csv", f"manual/merges_{DAY}.csv", f"manual/splits_{DAY}.csv"
YOTPO, USERS = f"yotpo/yotpo_{DAY}.csv", f"zendesk/users_{DAY}.csv"
EVENTS, TEXTS = f"sendgrid/events_{DAY}.jsonl", f"twilio/inbound_{DAY}.jsonl"


def ago(days: float, hour: int = 12) -> datetime:
    """That hour, UTC, of so many days before AS_OF's."""
    return AS_OF.replace(hour=hour) - timedelta(days=days)


def spaced(changes: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", " "): value for name, value in changes.items()}


def iso(days: float) -> str:
    return f"{ago(days):%Y-%m-%dT%H:%M:%SZ}"


def sheet(number: int | str, email: str, days: float, amount: str, *, file: str = SHEET, **changes: Any) -> Record:
    """One order of Shopify's CSV, of one thing, paid and sent. `changes`: columns, their blanks as underscores."""
    moment = f"{ago(days):%Y-%m-%d %H:%M:%S} +0000"
    row = {
        "Name": f"#K{number}",
        "Email": email,
        "Financial Status": "paid",
        "Paid at": moment,
        "Fulfillment Status": "fulfilled",
        "Fulfilled at": moment,
        "Currency": "GBP",
        "Subtotal": amount,
        "Shipping": "0.00",
        "Total": amount,
        "Created at": moment,
        "Lineitem quantity": 1,
        "Lineitem name": "Mugg 30 cl Björkö",
        "Lineitem price": amount,
        "Lineitem sku": "LV-1002",
        "Billing Country": "GB",
        "Shipping Country": "GB",
        "Refunded Amount": "0.00",
        "Payment Method": "Shopify Payments",
        "Id": number,
    }
    return file, row | spaced(changes)


def thing(amount: str, name: str = "Mugg 30 cl Björkö", **changes: Any) -> dict[str, Any]:
    """A line of an order of Shopify's API."""
    plain = {"id": 1, "sku": "LV-1002", "name": name, "quantity": 1, "price": amount, "total_discount": "0.00"}
    return plain | changes


def api_order(number: int, email: str, days: float, amount: str, **changes: Any) -> Record:
    """One order of Shopify's REST API, of one thing, paid and sent."""
    return page("shopify/orders"), {
        "id": number,
        "email": email,
        "currency": "GBP",
        "subtotal_price": amount,
        "financial_status": "paid",
        "fulfillment_status": "fulfilled",
        "fulfillments": [{"created_at": iso(days)}],
        "shipping_address": {"country_code": "GB"},
        "line_items": [thing(amount)],
        "refunds": [],
        "created_at": iso(days),
        "updated_at": iso(days),
    } | changes


def api_account(number: int, email: str, days: float, state: str) -> Record:
    """One customer of Shopify's REST API, whose word about e-mail is so many days old."""
    consent = {"state": state, "opt_in_level": "single_opt_in", "consent_updated_at": iso(days)}
    times = {"created_at": iso(600), "updated_at": iso(days)}
    row = {"id": number, "email": email, "default_address": {"country_code": "GB"}, "email_marketing_consent": consent}
    return page("shopify/customers"), row | times


def refund(number: int, days: float, goods: str, freight: str) -> dict[str, Any]:
    """What an order of the API was paid back: goods, and freight beside them."""
    adjusted = [{"kind": "shipping_refund", "amount": f"-{freight}", "tax_amount": "0.00"}] if float(freight) else []
    lines = [{"id": 1, "quantity": 1, "subtotal": goods}] if float(goods) else []
    paid = {"kind": "refund", "status": "success", "amount": f"{float(goods) + float(freight):.2f}"}
    return {
        "id": number,
        "created_at": iso(days),
        "refund_line_items": lines,
        "order_adjustments": adjusted,
        "transactions": [paid],
    }


def account(number: int, email: str, name: str, street: str = "", postcode: str = "", **changes: Any) -> Record:
    """One customer of Shopify's CSV."""
    first, _, last = name.partition(" ")
    row = {
        "Customer ID": f"'{number}",
        "First Name": first,
        "Last Name": last,
        "Email": email,
        "Accepts Email Marketing": "no",
        "Default Address Address1": street,
        "Default Address Zip": postcode,
        "Default Address Country Code": "GB",
        "Accepts SMS Marketing": "no",
        "Total Spent": "0.00",
        "Total Orders": 0,
    }
    return ACCOUNTS, row | spaced(changes)


def card(number: str, name: str, **changes: Any) -> Record:
    """One member's card, given two years ago."""
    first, _, last = name.partition(" ")
    plain = {"member_card": number, "given_name": first, "surname": last, "joined": "15.12.2023", "country": "GB"}
    return CARDS, plain | changes


def receipt(number: str, days: float, *lines: tuple[str, str, int, str, str], **changes: Any) -> Iterator[Record]:
    """A receipt; each line is (article number, words, pieces, total, kind)."""
    for place, (sku, item, pieces, total, kind) in enumerate(lines, 1):
        yield (
            RECEIPTS,
            {
                "receipt_no": number,
                "store": "S8",
                "till": 1,
                "sold_at": f"{ago(days):%d.%m.%Y %H:%M}",
                "sku": sku,
                "item": item,
                "qty": pieces,
                "unit_price": f"{float(total) / pieces:.2f}".replace(".", ","),
                "line_total": total.replace(".", ","),
                "kind": kind,
                "line_no": place,
                "country": "GB",
            }
            | changes,
        )


def subscriber(email: str, name: str = "", *, file: str = LIST, **changes: Any) -> Record:
    """One row of a list of the newsletter's, confirmed a year ago."""
    first, _, last = name.partition(" ")
    moment = f"{ago(365):%Y-%m-%d %H:%M:%S}"
    times = dict.fromkeys(("OPTIN_TIME", "CONFIRM_TIME", "LAST_CHANGED"), moment)
    return file, {"Email Address": email, "First Name": first, "Last Name": last, "CC": "GB", **times} | changes


def profile(email: str, days: float, consent: str, **changes: Any) -> Record:
    """One profile of Klaviyo, whose word about e-mail is so many days old."""
    row = {
        "Email": email,
        "Email Marketing Consent": consent,
        "Email Marketing Consent Timestamp": iso(days),
        "Profile Created On": iso(600),
        "Country": "GB",
    }
    return PROFILES, row | spaced(changes)


def woo_order(number: int, email: str, days: float, amount: str, **changes: Any) -> Record:
    """One order of the older outlet shop, which runs on WooCommerce."""
    line = {"sku": "LV-1002", "name": "Mugg 30 cl Björkö", "quantity": 1, "total": amount, "total_tax": "0.00"}
    moment = iso(days)[:-1]
    return page("woocommerce/woo_orders"), {
        "id": number,
        "status": "completed",
        "currency": "GBP",
        "prices_include_tax": True,
        "customer_id": 0,
        "billing": {"email": email, "country": "GB"},
        "line_items": [line],
        "refunds": [],
        "coupon_lines": [],
        "shipping_total": "0.00",
        **dict.fromkeys(("date_created_gmt", "date_paid_gmt", "date_completed_gmt", "date_modified_gmt"), moment),
    } | changes


def woo_account(number: int, email: str, days: float, name: str = "") -> Record:
    """One account of the outlet shop."""
    first, _, last = name.partition(" ")
    person = {"id": number, "email": email, "first_name": first, "last_name": last, "billing": {"country": "GB"}}
    return page("woocommerce/woo_customers"), person | dict.fromkeys(
        ("date_created_gmt", "date_modified_gmt"), iso(days)[:-1]
    )


def by_hand(file: str, days: float, one: str, other: str, reason: str) -> Record:
    """A line of what somebody at the shop decided about two identifiers."""
    return file, {"decided_at": iso(days), "one": one, "other": other, "decided_by": "shop", "reason": reason}


def page(what: str) -> str:
    """The file of a day's answer."""
    return f"{what}_{DAY}.json"


def closed_case(number: int, user: int, email: str, days: float, **changes: Any) -> Iterator[Record]:
    """Somebody, their closed case at the help desk and what they wrote. `changes`: columns of the person."""
    times = {"created_at": iso(days), "updated_at": iso(days)}
    person = {"id": user, "role": "end-user", "email": email, "suspended": "false", **times}
    case = {"id": number, "requester_id": user, "status": "closed", "via": {"channel": "email"}, "tags": ["retur"]}
    comment = {"id": number, "ticket_id": number, "author_id": user, "public": True, "created_at": iso(days)}
    yield USERS, person | changes
    yield page("zendesk/tickets"), case | times
    yield page("zendesk/ticket_comments"), comment


def event(email: str, word: str, days: float, **changes: Any) -> Record:
    """One event of SendGrid's about a letter of another program's."""
    known = f"kind-{word}-{email.partition('@')[0]}"
    moment = int(ago(days).replace(tzinfo=UTC).timestamp())
    ids = {"sg_event_id": known, "sg_message_id": known}
    return EVENTS, {"email": email, "event": word, "timestamp": moment, **ids} | changes


def text_message(number: str, body: str, days: float) -> Record:
    """A text that came in, as the SMS provider calls with it."""
    form = {
        "MessageSid": f"SM{hashlib.md5(f'{number} {body}'.encode()).hexdigest()}",
        "From": number,
        "To": SHOP_NUMBER,
        "Body": body,
        "NumMedia": "0",
    }
    return TEXTS, {"received_at": iso(days), "form": form}
