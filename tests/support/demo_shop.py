"""The files of a demo shop, and the sales they tell of, reckoned without the demo's own truth."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

TRANSIT_DAYS = {"SE": 2, "NO": 3, "DK": 2, "FI": 3, "GB": 2}
ZONES = {"SE": "Stockholm", "NO": "Oslo", "DK": "Copenhagen", "FI": "Helsinki", "GB": "London"}
DAY = timedelta(days=1)


class Sale(NamedTuple):
    """Something bought and kept by somebody known; `asked_at`: when a review may first be asked for."""

    person: str
    entry: str
    sold_at: datetime
    asked_at: datetime | None


def rows(shop: Path, name: str) -> Iterator[dict[str, str]]:
    """A CSV file of the shop's, by its place in it."""
    with (shop / name).open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def lines(shop: Path, name: str) -> list[dict[str, Any]]:
    """A file of JSON lines, by its place in the landing folder."""
    return [json.loads(line) for line in (shop / "landing" / name).read_text("utf-8").splitlines()]


def expected(shop: Path, journey: str) -> list[dict[str, str]]:
    return [row for row in rows(shop, "truth/expected.csv") if row["journey"] == journey]


def owners(shop: Path) -> dict[str, str]:
    """Person of each e-mail address, card and, by its last seven digits, phone number."""
    found = {}
    for row in rows(shop, "truth/identity.csv"):
        found[row["key"][-7:] if row["key_type"] == "phone" else row["key"].upper()] = row["person_id"]
    return found


def utc(text: str, form: str, zone: str | None = None) -> datetime:
    moment = datetime.strptime(text, form)  # noqa: DTZ007
    moment = moment.replace(tzinfo=ZoneInfo(f"Europe/{zone}")) if zone else moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def sales(shop: Path) -> Iterator[Sale]:
    person = owners(shop)
    for row in rows(shop, "landing/shopify/orders_export_1.csv"):
        if row["Paid at"] and Decimal(row["Subtotal"]) > Decimal(row["Refunded Amount"]):
            sold, asked = utc(row["Created at"], "%Y-%m-%d %H:%M:%S %z"), None
            if row["Fulfilled at"]:
                sent = utc(row["Fulfilled at"], "%Y-%m-%d %H:%M:%S %z")
                asked = sent + (TRANSIT_DAYS[row["Billing Country"]] + 10) * DAY
            yield Sale(person[row["Email"].upper()], row["Id"], sold, asked)
    receipts = list(rows(shop, "landing/pos/receipts.csv"))
    back = {(buyer(row), row["sku"]): till_time(row) for row in receipts if row["kind"] == "return"}
    for row in receipts:
        if row["kind"] == "sale" and row["line_no"] == "1" and buyer(row):
            sold = till_time(row)
            is_back = back.get((buyer(row), row["sku"]), sold) > sold
            entry = f"{row['store']}-{row['till']}-{row['receipt_no']}"
            yield Sale(person[buyer(row)], entry, sold, None if is_back else sold + 7 * DAY)


def till_time(row: dict[str, str]) -> datetime:
    return utc(row["sold_at"], "%d.%m.%Y %H:%M", ZONES[row["country"]])


def buyer(row: dict[str, str]) -> str:
    """Whoever the till knows, as `owners` has them."""
    phone = row["member_phone"].replace(" ", "").replace("-", "")[-7:]
    return row["member_card"] or row["member_email"].upper() or phone
