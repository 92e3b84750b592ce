"""The demo shop writes what real sources export, to the byte and to the cent."""

import json
from collections import defaultdict
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import pytest

from stammis.core.errors import InputError
from stammis.demo import AS_OF, write_shop
from tests.support.demo_shop import lines, rows

SHOPIFY = "landing/shopify/orders_export_1.csv"


def test_a_seed_gives_the_same_bytes_and_another_seed_others(demo_shop: Path, tmp_path: Path) -> None:
    write_shop(tmp_path / "again")
    write_shop(tmp_path / "other", seed=8)

    def same(other: str) -> list[str]:
        files = sorted(path.relative_to(demo_shop) for path in demo_shop.rglob("*.*"))
        return [f.name for f in files if (demo_shop / f).read_bytes() == (tmp_path / other / f).read_bytes()]

    again, other = set(same("again")), same("other")
    assert len(again) > 40 and set(other) < again
    # what is written by hand, and what no dice are thrown for
    by_hand = {"products_export_1.csv", "households.csv", "kinds.csv", "messages.csv", "spend.csv"}
    assert {name for name in other if "2025-12-10" not in name and "orders_export" not in name} == by_hand


def test_amounts_add_up_to_the_cent(demo_shop: Path) -> None:
    goods, before_discount = defaultdict(Decimal), {}
    for row in rows(demo_shop, SHOPIFY):
        goods[row["Name"]] += int(row["Lineitem quantity"]) * Decimal(row["Lineitem price"])
        if row["Id"]:
            before_discount[row["Name"]] = Decimal(row["Subtotal"]) + Decimal(row["Discount Amount"])
            assert Decimal(row["Subtotal"]) + Decimal(row["Shipping"]) == Decimal(row["Total"])
    assert before_discount == goods
    for row in rows(demo_shop, "landing/pos/receipts.csv"):
        price, total = (Decimal(row[name].replace(",", ".")) for name in ("unit_price", "line_total"))
        assert int(row["qty"]) * price == total
        assert (total < 0) == (row["kind"] == "return")


def test_the_revenue_told_is_what_was_paid_and_not_taken_back(demo_shop: Path) -> None:
    net = Decimal(0)
    for row in rows(demo_shop, SHOPIFY):
        if row["Paid at"]:
            net += max(Decimal(row["Subtotal"]) - Decimal(row["Refunded Amount"]), Decimal(0))
    net += sum(Decimal(row["line_total"].replace(",", ".")) for row in rows(demo_shop, "landing/pos/receipts.csv"))
    summary = json.loads((demo_shop / "truth/summary.json").read_text("utf-8"), parse_float=Decimal)
    assert summary["net_revenue"] == net == sum(Decimal(r["net_amount"]) for r in rows(demo_shop, "truth/orders.csv"))


def test_some_events_are_delivered_twice_and_texts_say_stop_in_their_ways(demo_shop: Path) -> None:
    ids = [event["sg_event_id"] for event in lines(demo_shop, "sendgrid/events.jsonl")]
    assert 0.01 < 1 - len(set(ids)) / len(ids) < 0.03
    bodies = {text["form"]["Body"] for text in lines(demo_shop, "twilio/inbound.jsonl")}
    assert bodies >= {"STOP", "Stopp", "START", "stop det ikke"}


def test_history_ends_at_as_of(demo_shop: Path) -> None:
    moments = [row["ts"] for row in rows(demo_shop, "truth/orders.csv")]
    moments += [text["received_at"].replace("T", " ") for text in lines(demo_shop, "twilio/inbound.jsonl")]
    assert "2023-12-11" <= min(moments) <= max(moments) < AS_OF.isoformat(" ")
    assert (
        max(event["timestamp"] for event in lines(demo_shop, "sendgrid/events.jsonl"))
        < AS_OF.replace(tzinfo=UTC).timestamp()
    )


def test_a_shop_too_small_for_its_planted_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 115 customers"):
        write_shop(tmp_path, customers=40)
    assert write_shop(tmp_path, customers=40, plain=True).planted == {}
