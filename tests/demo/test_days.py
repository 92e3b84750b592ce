"""Days after AS_OF: files of their own, from the same people, that land when their day comes."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from stammis.demo import AS_OF, land_day, write_shop

DAYS = [(AS_OF + timedelta(days=number)).date() for number in range(1, 15)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder, customers=1000, days=14)
    return folder


def rows(path: Path) -> Iterator[dict[str, str]]:
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield from csv.DictReader(lines)


def of_day(shop: Path, day: date, name: str) -> Path:
    plain = shop / "days" / f"{day}" / name
    return plain.with_stem(f"{plain.stem}_{day}")


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC).replace(tzinfo=None)


def test_later_days_change_nothing_before_them_and_are_the_same_for_a_seed(shop: Path, tmp_path: Path) -> None:
    write_shop(tmp_path / "without", customers=1000)
    write_shop(tmp_path / "again", customers=1000, days=14)
    without = [path.relative_to(tmp_path / "without") for path in (tmp_path / "without").rglob("*.*")]
    again = [path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*.*")]
    assert len(without) > 40 and len(again) > len(without) + 14 * 16
    assert all((shop / name).read_bytes() == (tmp_path / "without" / name).read_bytes() for name in without)
    assert all((shop / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in again)


def test_a_day_tells_what_happened_in_its_24_hours(shop: Path) -> None:
    kinds = set()
    for number, day in enumerate(DAYS):
        since, until = AS_OF + timedelta(days=number), AS_OF + timedelta(days=number + 1)
        for row in rows(of_day(shop, day, "shopify/orders_export.csv")):
            if row["Id"]:
                sold, sent = moment(row["Created at"]), row["Fulfilled at"] and moment(row["Fulfilled at"])
                assert sold <= until and (not sent or sent <= until)
                is_sold, is_sent = since < sold, bool(sent) and since < sent
                kinds.add("sold" if is_sold else "sent" if is_sent else row["Financial Status"])
        events = of_day(shop, day, "sendgrid/events.jsonl")
        for line in events.read_text("utf-8").splitlines() if events.exists() else ():
            event = json.loads(line)
            assert since < datetime.fromtimestamp(event["timestamp"], UTC).replace(tzinfo=None) <= until
            assert event["category"] == ["newsletter"]
        kinds |= {f"till {row['kind']}" for row in rows(of_day(shop, day, "pos/receipts.csv"))}
    assert kinds == {"sold", "sent", "refunded", "till sale", "till return"}


def test_an_order_told_again_is_the_same_order(shop: Path) -> None:
    def orders_in(path: Path) -> dict[str, tuple[str, ...]]:
        same = ("Name", "Email", "Created at", "Subtotal", "Currency", "Lineitem sku")
        return {row["Id"]: tuple(row[name].lower() for name in same) for row in rows(path) if row["Id"]}

    known, again = orders_in(shop / "landing/shopify/orders_export_1.csv"), 0
    for day in DAYS:
        later = orders_in(of_day(shop, day, "shopify/orders_export.csv"))
        again += len(known.keys() & later)
        assert {number: known[number] for number in known.keys() & later} == {
            number: later[number] for number in known.keys() & later
        }
        known |= later
    assert again > 30


def test_whoever_is_new_was_not_there_before(shop: Path) -> None:
    known = {row["Email"] for row in rows(shop / "landing/shopify/customers_export.csv")}
    cards = {row["member_card"] for row in rows(shop / "landing/pos/members.csv")}
    new, issued = set(), set()
    for day in DAYS:
        new |= {row["Email"] for row in rows(of_day(shop, day, "shopify/customers_export.csv"))} - known
        found = {row["member_card"] for row in rows(of_day(shop, day, "pos/members.csv"))}
        assert not found & (cards | issued)
        issued |= found
    assert len(new) > 3 and issued


def test_a_day_lands_once(tmp_path: Path) -> None:
    write_shop(tmp_path, customers=300, days=2)
    landed = land_day(tmp_path, DAYS[0])
    assert tmp_path / "landing/shopify/orders_export_2025-12-11.csv" in landed
    assert all(path.exists() and path.is_relative_to(tmp_path / "landing") for path in landed)
    assert land_day(tmp_path, DAYS[0]) == []
