"""What the demo's truth expects of the journeys is what its exports say, reckoned here by hand."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

from stammis.demo import AS_OF, write_shop
from tests.support.demo_shop import DAY, expected, lines, owners, rows, sales


def touched(shop: Path) -> dict[str, list[bool]]:
    """Per address, of the last eight newsletters of a year, oldest first: did somebody open or click it?"""
    sends: dict[tuple[str, str], tuple[int, bool]] = {}
    for event in lines(shop, "sendgrid/events.jsonl"):
        first, human = sends.get((event["email"], event["send_id"]), (event["timestamp"], False))
        human |= event["event"] == "click" or event.get("sg_machine_open") is False
        sends[event["email"], event["send_id"]] = (min(first, event["timestamp"]), human)
    found = defaultdict(list)
    year_ago = (AS_OF - 365 * DAY).replace(tzinfo=UTC).timestamp()
    for (email, _), (sent_at, human) in sorted(sends.items(), key=lambda pair: pair[1]):
        if sent_at > year_ago:
            found[email].append(human)
    return {email: humans[-8:] for email, humans in found.items()}


def test_review_requests_inside_and_due_are_those_of_the_exports(demo_shop: Path) -> None:
    asked = {(sale.person, sale.entry): sale.asked_at for sale in sales(demo_shop) if sale.asked_at}
    inside = {key for key, at in asked.items() if AS_OF - 14 * DAY <= at <= AS_OF}
    entries = expected(demo_shop, "review_request")
    assert inside == {(row["person_id"], row["entry"]) for row in entries if row["inside"] == "true"}
    subscribed = {
        row["Email Address"].lower() for row in rows(demo_shop, "landing/newsletter/subscribed_members_export.csv")
    } - set(json.loads((demo_shop / "truth/suppressed.json").read_text("utf-8"))["emails"])
    due = [row for row in entries if row["due"] == "true"]
    assert all(asked[row["person_id"], row["entry"]] > AS_OF - 3 * DAY for row in due)
    assert {row["address"] for row in due if row["plant"]} <= subscribed


def test_win_back_holds_those_who_were_silent_for_a_year(demo_shop: Path) -> None:
    last: dict[str, datetime] = {}
    for sale in sales(demo_shop):
        last[sale.person] = max(sale.sold_at, last.get(sale.person, sale.sold_at))
    person = owners(demo_shop)
    engaged = {
        person[email.upper()] for email, humans in touched(demo_shop).items() if len(humans) >= 3 and any(humans)
    }
    lost = {who for who, at in last.items() if at <= AS_OF - 365 * DAY} - engaged
    assert lost == {row["person_id"] for row in expected(demo_shop, "win_back") if row["inside"] == "true"}


def test_each_plant_comes_to_what_it_was_planted_for(demo_shop: Path) -> None:
    ends = Counter(
        (row["plant"], row["channel"] or row["reason"])
        for journey in ("review_request", "win_back", "welcome", "second_purchase", "tier_nudge")
        for row in expected(demo_shop, journey)
        if row["plant"].startswith(journey.split("_")[0])
    )
    assert ends == {
        ("review_due", "email"): 10,
        ("review_due_store", "email"): 5,
        ("review_suppressed", "suppressed"): 3,
        ("review_no_consent", "no_consent"): 3,
        ("review_returned", "returned"): 2,
        ("review_returned_store", "returned"): 1,
        ("review_unfulfilled", "unfulfilled"): 2,
        ("review_too_old", "too_old"): 3,
        ("win_back_crossed", "email"): 3,
        ("win_back_backlog", "email"): 4,
        ("win_back_nameless", "email"): 2,
        ("win_back_sms_unsubscribed", "sms"): 2,
        ("win_back_sms_only", "sms"): 1,
        ("win_back_engaged", "engaged"): 2,
        ("win_back_no_consent", "no_consent"): 1,
        ("win_back_suppressed", "suppressed"): 1,
        ("win_back_bought_again", "bought_recently"): 1,
        ("welcome_till", "email"): 4,
        ("welcome_till_bought", "email"): 1,
        ("welcome_till_phone", "sms"): 1,
        ("welcome_web", "email"): 4,
        ("welcome_both", "email"): 2,
        ("welcome_unreachable", "no_address"): 1,
        ("welcome_suppressed", "suppressed"): 1,
        ("welcome_too_late", "too_old"): 2,
        ("second_due", "email"): 9,
        ("second_sms", "sms"): 1,
        ("second_no_consent", "no_consent"): 1,
        ("second_suppressed", "suppressed"): 1,
        ("second_returned", "returned"): 1,
        ("second_bought_again", "bought_again"): 1,
        ("tier_due", "email"): 9,
        ("tier_sms", "sms"): 1,
        ("tier_bought_lately", "bought_lately"): 1,
        ("tier_year_ends", "year_ends"): 1,
        ("tier_too_far", "too_far"): 1,
        ("tier_top", "top_tier"): 1,
        ("tier_no_consent", "no_consent"): 1,
        ("tier_too_old", "too_old"): 1,
    }


def test_two_thousand_customers_have_twenty_due_in_each_journey(tmp_path: Path) -> None:
    report = write_shop(tmp_path, customers=2000)
    assert report.planted["review_due"] == 30
    due = Counter(row["journey"] for row in rows(tmp_path, "truth/expected.csv") if row["due"] == "true")
    # with room for a holdout of ten percent
    assert len(due) == 5 and min(due.values()) >= 24
