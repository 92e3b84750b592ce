"""What happened to each message lands as the providers tell it: once, by the clock, and the same for the same seed."""

import csv
import json
from collections import Counter
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stammis.core.errors import ConfigurationError
from stammis.core.settings import Settings
from stammis.intake import ingest, quarantined
from stammis.ledger.codes import derive_code
from stammis.sandbox import Rates, Sandbox, running
from stammis.sandbox.simulation import read_rates
from tests.support.landing import counts, rows
from tests.support.moments import NOW
from tests.support.sandbox import SHOP, mail, send_mail, send_sms, sms

LATER = NOW + timedelta(days=10)
CODE = derive_code("0" * 64, "win_back_15", "c1", "o1")
NOTHING = {each.name: 0.0 for each in fields(Rates)}


def only(**rates: float) -> Rates:
    """These, and nothing else that could happen."""
    return Rates(**(NOTHING | rates))


def landed(folder: Path, pattern: str) -> list[dict[str, Any]]:
    """Every row of the files of a kind, in the order of their names."""
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as file:
            found += csv.DictReader(file) if path.suffix == ".csv" else map(json.loads, file)
    return found


def send_both(box: Sandbox, many: int) -> None:
    for number in range(many):
        send_mail(box, mail(f"m{number}", text=f"15 % med {CODE}: https://lindvall.example/a"))
        send_sms(box, sms(f"t{number}", To=f"+467017{number:05d}", Body=f"15 % med {CODE}"))


def test_what_is_told_is_taken_in_whole(settings: Settings) -> None:
    settings.landing.mkdir()
    with running(settings.landing, clock=NOW, rates=Rates(bounce=0.1, complaint=0.1, stop=0.2, order=0.3)) as box:
        send_both(box, 100)
        written = box.report(LATER)
    ingest(settings, LATER)
    assert quarantined(settings) == []
    assert set(counts(settings)) == {"sendgrid.events", "twilio.inbound", "twilio.statuses", "shopify.orders"}
    for file, many in written.items():
        source, _, name = file.partition("/")
        entity = name.split("_")[0]
        assert counts(settings)[f"{source}.{entity}"] == (many, many, 0, 0)
    sent = {(f"m{number}",) for number in range(100)}
    assert set(rows(settings, "sendgrid", "events", "send_id")) == sent
    assert set(rows(settings, "twilio", "statuses", "send_id")) == {(f"t{number}",) for number in range(100)}


def test_nothing_is_told_twice_and_nothing_left_out(tmp_path: Path) -> None:
    with running(tmp_path / "often", clock=NOW) as often, running(tmp_path / "once", clock=NOW) as once:
        for box in (often, once):
            send_both(box, 50)
        for hours in range(0, 241, 24):
            often.report(NOW + timedelta(hours=hours))
            assert often.report(NOW + timedelta(hours=hours)) == {}
        once.report(LATER)
    for pattern in ("sendgrid/*", "twilio/statuses*", "twilio/inbound*"):
        often_and_once = [
            Counter(what_happened(row) for row in landed(tmp_path / name, pattern)) for name in ("often", "once")
        ]
        assert often_and_once[0] == often_and_once[1]
        assert often_and_once[0]


def what_happened(row: dict[str, Any]) -> tuple[object, ...]:
    """A row without its ids and without the fraction of a second in which each sandbox took the message."""
    form = row.get("form", {})
    names = ("send_id", "event", "type", "From", "Body", "MessageStatus")
    return tuple(row.get(name) or form.get(name) for name in names)


def test_only_what_has_happened_by_then_is_told(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=only(order=1, click=1)) as box:
        send_both(box, 20)
        box.report(NOW + timedelta(hours=6))
        early = [row["timestamp"] for row in landed(tmp_path, "sendgrid/*")]
        box.report(LATER)
    border = (NOW + timedelta(hours=6) - datetime.fromisoformat("1970-01-01")).total_seconds()
    late = [row["timestamp"] for row in landed(tmp_path, "sendgrid/*")][len(early) :]
    assert max(early) <= border < min(late)


def test_a_report_moves_the_clock_on(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW) as box:
        box.report(LATER)
        send_mail(box, mail())
        assert box.accepted()[0]["accepted_at"] >= LATER.isoformat()
        assert box.report(NOW) == {}


def test_the_same_seed_gives_the_same_fate_whatever_the_order(tmp_path: Path) -> None:
    def fates(name: str, seed: int, ids: list[int]) -> Counter[tuple[object, ...]]:
        with running(tmp_path / name, clock=NOW, seed=seed) as box:
            for number in ids:
                send_mail(box, mail(f"m{number}"))
            box.report(LATER)
        return Counter((row["send_id"], row["event"], row.get("type")) for row in landed(tmp_path / name, "sendgrid/*"))

    first = fates("first", 1, list(range(100)))
    assert fates("second", 1, list(range(100))[::-1]) == first
    assert first != fates("third", 2, list(range(100)))


def test_shares_are_near_the_rates(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW) as box:
        people = [mail(f"m{number}")["personalizations"][0] for number in range(1000)]
        send_mail(box, mail(personalizations=people, content=[{"type": "text/plain", "value": "https://a.example/b"}]))
        box.report(LATER)
    events = landed(tmp_path, "sendgrid/*")
    counts = Counter((row["event"], row.get("type") or row.get("sg_machine_open")) for row in events)
    assert counts["processed", None] == 1000
    assert counts["delivered", None] + counts["bounce", "bounce"] + counts["bounce", "blocked"] == 1000
    assert 8 <= counts["bounce", "bounce"] <= 35
    assert 2 <= counts["bounce", "blocked"] <= 25
    assert 150 <= counts["open", True] <= 250
    assert 55 <= counts["click", None] <= 110
    clicked = {row["send_id"] for row in events if row["event"] == "click"}
    assert clicked <= {row["send_id"] for row in events if row["event"] == "open" and not row["sg_machine_open"]}
    orders = {row["Id"] for row in landed(tmp_path, "shopify/*") if row["Id"]}
    assert 40 <= len(orders) <= 85


def test_an_order_uses_the_code_of_its_message_and_leaves_later(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=only(order=1)) as box:
        send_mail(box, mail("s1", "anna@example.com", text=f"Din kod {CODE} ger 15 %"))
        for day in range(1, 11):
            box.report(NOW + timedelta(days=day))
    versions = [row for row in landed(tmp_path, "shopify/*") if row["Id"]]
    ordered, left = versions
    assert (
        ordered["Email"],
        ordered["Discount Code"],
        ordered["Fulfillment Status"],
        ordered["Fulfilled at"],
    ) == ("anna@example.com", CODE, "unfulfilled", "")
    assert (left["Fulfillment Status"], left["Id"]) == ("fulfilled", ordered["Id"])
    lines = [row for row in landed(tmp_path, "shopify/*") if row["Name"] == ordered["Name"]]
    goods = sum(float(row["Lineitem price"]) for row in lines[: len(lines) // 2])
    assert round(goods * 0.85, 2) == pytest.approx(float(ordered["Subtotal"]), abs=0.011)
    assert ordered["Created at"].endswith("+0100")


def test_an_order_after_a_text_knows_its_number_and_nothing_else(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=only(order=1)) as box:
        send_sms(box, sms(To="+4520123456", Body="Se https://lindvall.example/a"))
        box.report(LATER)
    order = landed(tmp_path, "shopify/*")[0]
    assert (
        order["Email"],
        order["Phone"],
        order["Currency"],
        order["Discount Code"],
    ) == ("", "'+4520123456", "DKK", "")


def test_nobody_buys_because_of_a_message_that_sells_nothing(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=only(order=1)) as box:
        send_mail(box, mail("s1", headers={}))
        send_sms(box, sms("s2", Body="Ditt paket har kommit."))
        box.report(LATER)
    assert landed(tmp_path, "shopify/*") == []


def test_whoever_got_a_message_twice_buys_once(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=only(order=1)) as box:
        for _ in range(2):
            send_mail(box, mail("s1"))
        box.report(LATER)
    assert len([row for row in landed(tmp_path, "shopify/*") if row["Id"]]) == 1
    assert len([row for row in landed(tmp_path, "sendgrid/*") if row["event"] == "delivered"]) == 2


def test_people_answer_a_number_and_not_a_name(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=only(stop=0.5, reply=0.5)) as box:
        for number in range(30):
            sender = "Lindvall" if number % 3 == 0 else SHOP
            send_sms(box, sms(f"t{number}", To=f"+467017{number:05d}", From=sender))
        box.report(LATER)
    replies = [row["form"] for row in landed(tmp_path, "twilio/inbound*")]
    assert {form["From"] for form in replies} == {f"+467017{number:05d}" for number in range(30) if number % 3}
    assert {form["To"] for form in replies} == {SHOP}
    assert {"STOP", "stop det ikke"} <= {form["Body"] for form in replies}
    # Twilio has answered the English word, whatever its case
    assert all((form["Body"].upper() == "STOP") == ("OptOutType" in form) for form in replies)


def test_a_text_without_a_callback_is_told_of_to_nobody(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=only(undelivered=1)) as box:
        silent = {name: value for name, value in sms("t1").items() if name != "StatusCallback"}
        send_sms(box, silent)
        send_sms(box, sms("t2"))
        box.report(LATER)
    statuses = landed(tmp_path, "twilio/statuses*")
    assert [(row["query"]["send_id"], row["form"]["MessageStatus"]) for row in statuses] == [
        ("t2", "sent"),
        ("t2", "undelivered"),
    ]
    assert statuses[1]["form"]["ErrorCode"].startswith("300")


def test_files_appear_whole_and_none_is_written_over(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=only()) as box:
        send_mail(box, mail("s1"))
        early = NOW + timedelta(minutes=1)
        assert box.report(early) == {"sendgrid/events_2025-12-10T10-01-00Z.jsonl": 2}
        box.forget()
        (tmp_path / "sendgrid" / "events_2025-12-10T10-02-00Z.jsonl").write_text("{}\n")
        send_mail(box, mail("s2"))
        assert box.report(early + timedelta(minutes=1)) == {"sendgrid/events_2025-12-10T10-02-00Z_2.jsonl": 2}
    assert [path.name for path in tmp_path.rglob(".*")] == []


def test_without_a_landing_nothing_can_be_told() -> None:
    with running() as box, pytest.raises(ConfigurationError, match="without --landing"):
        box.report()


def test_an_unknown_rate_is_named() -> None:
    with pytest.raises(ConfigurationError, match="bonce is no rate of the sandbox: there are bounce, blocked"):
        read_rates({"bonce": 1})
    with pytest.raises(ConfigurationError, match=r"the rate bounce is 2: it goes from 0 to 1"):
        Rates(bounce=2)
