"""The demo shop holds what it promises, recomputed here from the files it wrote."""

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stammis.demo import AS_OF, write_shop
from stammis.messages import InputError

TRANSIT_DAYS = {"SE": 2, "NO": 3, "DK": 2, "FI": 3, "GB": 2}
DIAL = {"SE": "46", "NO": "47", "DK": "45", "FI": "358", "GB": "44"}
ZONES = {"S4": "Europe/Oslo", "S5": "Europe/Copenhagen", "S6": "Europe/Helsinki", "S7": "Europe/London"}
FICTION = re.compile(
    r"\+(46701740(60[5-9]|6[1-9]\d)|4678\d{7}|4749\d{6}|4583\d{6}|358491\d{6}|447700(900\d{3}|8\d{5}))"
)
RESERVED = re.compile(r"[a-z.]+\d*@(example\.(com|org|net)|(post|mail|epost)\.example)", re.IGNORECASE)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    write_shop(folder, customers=5000, plain=True)
    return folder


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def events(shop: Path) -> list[dict]:
    return [json.loads(line) for line in (shop / "landing/sendgrid/events.jsonl").read_text().splitlines()]


def listed(shop: Path, state: str) -> set[str]:
    path = shop / f"landing/newsletter/{state}_members_export.csv"
    return {row["Email Address"].lower() for row in rows(path)}


def e164(number: str, country: str) -> str:
    digits = re.sub(r"[^\d+]", "", number)
    if digits.startswith("00"):
        return "+" + digits[2:]
    return digits if digits[:1] in ("", "+") else f"+{DIAL[country]}{digits.removeprefix('0')}"


def identifiers(shop: Path) -> set[tuple[str, str]]:
    """Every identifier any export shows, normalised."""
    found: set[tuple[str, str]] = set()

    def note(country: str, email: str = "", phone: str = "", card: str = "", customer: str = "") -> None:
        keys = {"email": email.lower(), "phone": e164(phone, country), "member_card": card}
        keys["shopify_customer"] = customer.lstrip("'")
        found.update((kind, key) for kind, key in keys.items() if key)

    landing = shop / "landing"
    for row in rows(landing / "shopify/customers_export.csv"):
        country = row["Default Address Country Code"]
        note(country, email=row["Email"], phone=row["Phone"], customer=row["Customer ID"])
    for row in rows(landing / "shopify/orders_export_1.csv"):
        note(row["Billing Country"], email=row["Email"], phone=row["Phone"])
    for state in ("subscribed", "unsubscribed", "cleaned"):
        for row in rows(landing / f"newsletter/{state}_members_export.csv"):
            note(row["CC"], email=row["Email Address"], phone=row["Phone Number"])
    for row in rows(landing / "pos/members.csv"):
        note(row["country"], email=row["email"], phone=row["phone"], card=row["member_card"])
    for row in rows(landing / "pos/receipts.csv"):
        note(row["country"], row["member_email"], row["member_phone"], row["member_card"])
    for event in events(shop):
        note("SE", email=event["email"])
    for line in (landing / "twilio/inbound.jsonl").read_text().splitlines():
        note("SE", phone=json.loads(line)["form"]["From"])
    return found


def kept_orders(shop: Path) -> Iterator[tuple[tuple[str, str], str, datetime, datetime | None]]:
    """(key of the buyer, entry, sold at, moment of the review request) of what was paid for and stayed."""
    for row in rows(shop / "landing/shopify/orders_export_1.csv"):
        if not row["Paid at"] or Decimal(row["Subtotal"]) <= Decimal(row["Refunded Amount"]):
            continue
        sold, sent = (
            datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC).replace(tzinfo=None) if text else None
            for text in (row["Created at"], row["Fulfilled at"])
        )
        wait = timedelta(days=TRANSIT_DAYS[row["Billing Country"]] + 10)
        assert sold
        yield ("email", row["Email"].lower()), row["Id"], sold, sent and sent + wait
    for row in rows(shop / "landing/pos/receipts.csv"):
        if row["kind"] == "sale" and row["line_no"] == "1":
            zone = ZoneInfo(ZONES.get(row["store"], "Europe/Stockholm"))
            local = datetime.strptime(row["sold_at"], "%d.%m.%Y %H:%M").replace(tzinfo=zone)
            sold = local.astimezone(UTC).replace(tzinfo=None)
            phone = e164(row["member_phone"], row["country"])
            key = [("member_card", row["member_card"]), ("email", row["member_email"].lower()), ("phone", phone)]
            buyer = next((pair for pair in key if pair[1]), ("", ""))
            entry = f"{row['store']}-{row['till']}-{row['receipt_no']}"
            yield buyer, entry, sold, sold + timedelta(days=7)


def expected(shop: Path, journey: str, column: str = "due") -> dict[tuple[str, str], dict[str, str]]:
    found = [row for row in rows(shop / "truth/expected.csv") if row["journey"] == journey]
    return {(row["person_id"], row["entry"]): row for row in found if row[column] == "true"}


def people(shop: Path) -> dict[tuple[str, str], str]:
    return {(row["key_type"], row["key"]): row["person_id"] for row in rows(shop / "truth/identity.csv")}
