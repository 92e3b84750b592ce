"""Another set of channels_small's layout: some of its people alone, and what the first set happens not to have.

Its files are not packed, it has no reviews and no visits, and two people pay the same amount in one minute.
"""

import csv
import gzip
import json
import random
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]
OWN_KEYS = {
    "shopify/customers_export.csv": "Customer ID",
    "pos/members.csv": "member_card",
    **{
        f"newsletter/{state}_members_export.csv": "Email Address" for state in ("subscribed", "unsubscribed", "cleaned")
    },
}


def write_other_channels(channels: Path, target: Path, seed: int, share: float = 0.8) -> None:
    """Write a set of about that share of the people of another; the same seed gives the same set."""
    dice = random.Random(seed)
    consent = json.loads((channels / "truth/consent.json").read_text())
    consent = {person: said for person, said in sorted(consent.items()) if dice.random() < share}
    identity = [row for row in _rows(channels / "truth/identity.csv") if row["person_id"] in consent]
    orders = [row for row in _rows(channels / "truth/orders.csv") if row["person_id"] in consent]
    keys = {row["key"].lower().lstrip("'") for row in identity}
    keys |= {said[kind].lower() for said in consent.values() for kind in ("email", "phone")}
    for path, column in OWN_KEYS.items():
        rows = list(_rows(channels / path))
        _write(target / path, [row for row in rows if row[column].strip().lower().lstrip("'") in keys], list(rows[0]))
    _write_orders(channels, target, orders, identity, dice)
    for path, address in (("sendgrid/events.jsonl", _mailed), ("twilio/inbound.jsonl", _texted)):
        lines = gzip.decompress((channels / f"{path}.gz").read_bytes()).decode().splitlines()
        _text(target / path, [line for line in lines if address(json.loads(line)) in keys])
    closed = json.loads((channels / "truth/suppressed.json").read_text())
    closed = {kind: [each for each in addresses if each.lower() in keys] for kind, addresses in closed.items()}
    net = sum((Decimal(row["net_amount"]) for row in orders), Decimal(0))
    summary = {"persons": len(consent), "net_revenue": float(net), "seed": seed}
    for name, truth in (("consent", consent), ("suppressed", closed), ("summary", summary)):
        _text(target / f"truth/{name}.json", [json.dumps(truth)])
    _write(target / "truth/identity.csv", identity)
    _write(target / "truth/orders.csv", orders)


def _write_orders(channels: Path, target: Path, orders: list[Row], identity: list[Row], dice: random.Random) -> None:
    """Write web orders and receipts; adds to `orders` the receipt of another member like one that there is."""
    invoices = {row["invoice"] for row in orders}
    web = list(_rows(channels / "shopify/orders_export_1.csv.gz"))
    names = {row["Name"] for row in web if row["Note Attributes"].removeprefix("orig_invoice: ") in invoices}
    _write(target / "shopify/orders_export_1.csv", [row for row in web if row["Name"] in names])
    tills = {(row["ts"], Decimal(row["net_amount"])): row for row in orders if row["channel"] == "pos"}
    receipts: dict[str, list[Row]] = {}
    for line in _rows(channels / "pos/receipts.csv.gz"):
        receipts.setdefault(line["receipt_no"], []).append(line)
    kept = [lines for lines in receipts.values() if _moment_and_worth(lines) in tills]
    alike = dice.choice([lines for lines in kept if lines[0]["member_email"] and lines[0]["kind"] == "sale"])
    first = tills[_moment_and_worth(alike)]
    cards = [row for row in identity if row["key_type"] == "member_card" and row["person_id"] != first["person_id"]]
    other = dice.choice(cards)
    about = {"receipt_no": "R9000001", "till": "9", "member_phone": "", "member_email": "", "member_card": other["key"]}
    kept.append([line | about for line in alike])
    orders.append(first | {"person_id": other["person_id"], "invoice": "9000001"})
    _write(target / "pos/receipts.csv", [line for lines in kept for line in lines])


def _moment_and_worth(lines: list[Row]) -> tuple[str, Decimal]:
    sold_at = datetime.strptime(lines[0]["sold_at"], "%d.%m.%Y %H:%M")  # noqa: DTZ007  the shop's own clock, as truth's
    return f"{sold_at:%F %T}", sum((Decimal(line["line_total"].replace(",", ".")) for line in lines), Decimal(0))


def _mailed(event: dict[str, str]) -> str:
    return event["email"].lower()


def _texted(call: dict[str, dict[str, str]]) -> str:
    return call["form"]["From"]


def _rows(path: Path) -> Iterator[Row]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def _write(path: Path, rows: list[Row], columns: list[str] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _text(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
