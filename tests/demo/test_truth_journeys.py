"""What the demo's truth expects of welcome, second_purchase and tier_nudge is what its exports say."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stammis.demo import AS_OF
from tests.support.demo_shop import DAY, Sale, buyer, expected, lines, owners, rows, sales, till_time


def cards(shop: Path) -> dict[str, datetime]:
    """Card to the day it was issued."""
    return {
        row["member_card"]: datetime.strptime(row["joined"], "%d.%m.%Y")  # noqa: DTZ007
        for row in rows(shop, "landing/pos/members.csv")
    }


def moved(shop: Path) -> Iterator[tuple[str, int, datetime]]:
    for row in rows(shop, "landing/programme/points_movements.csv"):
        yield row["member_card"], int(row["points"]), datetime.fromisoformat(row["moved_at"])


def by_person(found: Iterator[Sale]) -> dict[str, list[Sale]]:
    kept = defaultdict(list)
    for sale in sorted(found, key=lambda sale: sale.sold_at):
        kept[sale.person].append(sale)
    return kept


def day_of(sale: Sale) -> date:
    """The day of a sale by the clock of the demo's home country."""
    return sale.sold_at.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/London")).date()


def median(gaps: Iterable[int]) -> int:
    """The smallest that half of them do not exceed."""
    known = sorted(gaps)
    return known[(len(known) - 1) // 2]


def main_kinds(shop: Path) -> dict[str, str]:
    """Of each order and receipt, the kind of its dearest product, the first of equal ones."""
    kinds = {row["Variant SKU"]: row["Type"] for row in rows(shop, "landing/shopify/products_export_1.csv")}
    dearest: dict[str, tuple[Decimal, str]] = {}
    entry = {row["Name"]: row["Id"] for row in rows(shop, "landing/shopify/orders_export_1.csv") if row["Id"]}
    lines = [
        (entry[row["Name"]], row["Lineitem sku"], int(row["Lineitem quantity"]) * Decimal(row["Lineitem price"]))
        for row in rows(shop, "landing/shopify/orders_export_1.csv")
    ]
    lines += [
        (f"{row['store']}-{row['till']}-{row['receipt_no']}", row["sku"], Decimal(row["line_total"].replace(",", ".")))
        for row in rows(shop, "landing/pos/receipts.csv")
        if row["kind"] == "sale"
    ]
    for order, sku, worth in lines:
        if worth > dearest.get(order, (Decimal(0), ""))[0]:
            dearest[order] = worth, kinds[sku]
    return {order: kind for order, (_, kind) in dearest.items()}


def test_welcome_holds_whoever_joined_in_three_weeks_once(demo_shop: Path) -> None:
    person, joined = owners(demo_shop), defaultdict(list)
    for card, at in cards(demo_shop).items():
        joined[person[card]].append(at)
    for state in ("subscribed", "unsubscribed", "cleaned"):
        for row in rows(demo_shop, f"landing/newsletter/{state}_members_export.csv"):
            joined[person[row["Email Address"].upper()]].append(datetime.fromisoformat(row["CONFIRM_TIME"]))
    first = {who: min(moments) for who, moments in joined.items()}
    entries = expected(demo_shop, "welcome")
    assert sorted(who for who, at in first.items() if AS_OF - 21 * DAY < at <= AS_OF) == [
        row["person_id"] for row in entries
    ]
    due = [row for row in entries if row["due"] == "true"]
    assert all(first[row["person_id"]] > AS_OF - 3 * DAY for row in due)
    assert {len(joined[row["person_id"]]) for row in due if row["plant"] == "welcome_both"} == {2}


def test_second_purchase_holds_one_time_buyers_after_most_of_the_usual_gap(demo_shop: Path) -> None:
    kept, person = by_person(sales(demo_shop)), owners(demo_shop)
    days = {who: sorted({day_of(sale) for sale in own}) for who, own in kept.items()}
    gap = {who: (own[-1] - own[0]).days // (len(own) - 1) for who, own in days.items() if len(own) > 1}
    kind_of, of_kind = main_kinds(demo_shop), defaultdict(list)
    for who, own in gap.items():
        of_kind[kind_of[kept[who][-1].entry]].append(own)
    usual = {kind: median(gaps) if len(gaps) >= 20 else median(gap.values()) for kind, gaps in of_kind.items()}

    def due_back(own: list[Sale]) -> datetime:
        return own[-1].sold_at + usual.get(kind_of[own[-1].entry], median(gap.values())) * 60 // 100 * DAY

    back: dict[str, datetime] = {}
    for row in rows(demo_shop, "landing/pos/receipts.csv"):
        if row["kind"] == "return" and buyer(row):
            who = person[buyer(row)]
            back[who] = max(till_time(row), back.get(who, till_time(row)))
    inside = {
        (who, own[-1].entry): due_back(own)
        for who, own in kept.items()
        if len(days[who]) == 1
        and AS_OF - 30 * DAY < due_back(own) <= AS_OF
        and back.get(who, own[-1].sold_at) <= own[-1].sold_at
    }
    entries = expected(demo_shop, "second_purchase")
    assert {(row["person_id"], row["entry"]) for row in entries if row["inside"] == "true"} == set(inside)
    due = [inside[row["person_id"], row["entry"]] for row in entries if row["due"] == "true"]
    assert len(due) >= 9 and min(due) > AS_OF - 3 * DAY


def test_tier_nudge_holds_members_within_a_basket_of_the_next_tier(demo_shop: Path) -> None:
    person, worth = owners(demo_shop), {}
    for row in rows(demo_shop, "truth/orders.csv"):
        ore = int(Decimal(row["net_amount"]) * 100)
        per_point = 1000 if row["currency"] in ("SEK", "NOK", "DKK") else 100
        worth[row["person_id"], row["invoice"]] = (ore, per_point, datetime.fromisoformat(row["ts"]))
    kept, inside = by_person(sales(demo_shop)), set()
    for card, since in cards(demo_shop).items():
        who = person[card]
        year = since + (AS_OF - since).days // 365 * timedelta(days=365)
        moves = [(at, points) for other, points, at in moved(demo_shop) if other == card]
        moves += [
            (at, abs(ore) // per * (1 if ore > 0 else -1))
            for (owner, _), (ore, per, at) in worth.items()
            if owner == who and at >= since
        ]
        points = sum(points for at, points in moves if at >= year)
        best = max(points, sum(points for at, points in moves if year - 365 * DAY <= at < year), 0)
        tier = next((tier for tier in (500, 1500) if tier > best), None)
        own = [worth[who, sale.entry] for sale in kept[who]]
        if tier and own:
            basket = sum(ore for ore, _, _ in own) // (len(own) * own[0][1])
            is_quiet = own[-1][2] + 14 * DAY <= AS_OF
            if 0 < tier - points <= basket and is_quiet and year + 365 * DAY >= AS_OF + 30 * DAY:
                inside.add(who)
    entries = expected(demo_shop, "tier_nudge")
    assert {row["person_id"] for row in entries if row["inside"] == "true"} == inside
    assert sum(row["due"] == "true" for row in entries) >= 9


def test_nothing_moved_by_hand_leaves_a_balance_below_zero(demo_shop: Path) -> None:
    balance: dict[str, int] = defaultdict(int)
    issued = cards(demo_shop)
    for card, points, at in sorted(moved(demo_shop), key=lambda move: move[2]):
        balance[card] += points
        assert balance[card] >= 0 and at >= issued[card]
    assert len(balance) > 20


def test_few_cookies_may_be_recognised(demo_shop: Path) -> None:
    events = lines(demo_shop, "web/segment_events.jsonl")
    assert 0.002 < 1 - len({event["messageId"] for event in events}) / len(events) < 0.03
    agreed = {event["anonymousId"]: event["context"].get("consent") for event in events}
    identified = {event["anonymousId"] for event in events if event["type"] == "identify"}
    share = sum((agreed[cookie] or {}).get("categoryPreferences") == {"analytics": True} for cookie in identified)
    assert share / len(identified) == pytest.approx(0.4, abs=0.1)
    assert sum(value is None for value in agreed.values()) > len(agreed) / 2
    addresses = {row["Email"] for row in rows(demo_shop, "landing/shopify/customers_export.csv")}
    assert {event["traits"]["email"] for event in events if event["type"] == "identify"} <= addresses


def test_every_journey_of_a_small_shop_has_five_due(demo_shop: Path) -> None:
    with (demo_shop / "truth/expected.csv").open(encoding="utf-8") as lines:
        due = [row["journey"] for row in csv.DictReader(lines) if row["due"] == "true"]
    assert min(due.count(journey) for journey in set(due)) >= 9 and len(set(due)) == 5
