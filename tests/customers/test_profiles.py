"""A customer's scores in words, with something to say and without."""

from datetime import datetime
from decimal import Decimal

from stammis.customers.profiles import as_valued, describe

REGULAR = {
    "order_count": 5,
    "rfm_segment": "at_risk",
    "previous_rfm_segment": "loyal",
    "rfm_segment_changed_at": datetime.fromisoformat("2025-12-03 10:00"),
    "expected_gap_days": 30,
    "expected_by": "own",
    "next_order_due_at": datetime.fromisoformat("2025-12-09 10:00"),
    "overdue_days": 1,
    "favourite_product": "Mug",
    "favourite_category": "Kitchen",
    "preferred_channel": "sms",
    "preferred_hour": 6,
    "own_hour_act_count": 3,
    "purchase_channel": "both",
    "discounted_order_percent": 20,
}
STRANGER = dict.fromkeys(REGULAR) | {"order_count": 0}


def test_a_regular_is_told_in_a_line_for_each_score() -> None:
    assert describe(REGULAR, ["Bowl", "Jug"]) == [
        "segment at_risk since 2025-12-03, loyal before",
        "next order expected 2025-12-09, by their own gap of 30 days; 1 day overdue",
        "buys in the store and on the web, 20 % of the orders with a discount code",
        "favourites: Mug; Kitchen",
        "might like: Bowl; Jug",
        "most likely to look at an SMS, from 6:00 local time (3 acts of their own)",
    ]


def test_of_a_stranger_only_what_is_known_is_said() -> None:
    assert describe(STRANGER, []) == [
        "no segment: no order kept yet",
        "next order: none to expect, no order kept yet",
        "no favourite: too little bought or looked at to tell",
        "when they look at a message: nothing tells yet",
    ]


def test_what_is_usual_is_not_said_to_be_their_own() -> None:
    lines = describe(
        REGULAR
        | {
            "previous_rfm_segment": None,
            "rfm_segment_changed_at": None,
            "expected_by": "category",
            "overdue_days": 0,
            "preferred_channel": "email",
            "own_hour_act_count": 0,
            "favourite_product": None,
        },
        [],
    )
    assert lines[0] == "segment at_risk, unchanged since runs remember it"
    assert lines[1] == "next order expected 2025-12-09, by the gap of 30 days usual after what they bought last"
    assert lines[3:] == ["favourites: Kitchen", "most likely to look at an e-mail, from 6:00 local time (as is usual)"]


def test_where_nobody_came_back_no_day_is_invented() -> None:
    lines = describe(REGULAR | {"expected_by": None, "expected_gap_days": None, "next_order_due_at": None}, [])
    assert lines[1] == "next order: nobody's rhythm says when yet"


def test_what_is_expected_of_somebody_is_told_in_words() -> None:
    profile = {
        "scored_at": datetime.fromisoformat("2025-12-08 03:22"),
        "expected_order_count": 2.345,
        "clv": Decimal("93.80"),
        "expected_order_value": Decimal("40.00"),
        "clv_currency": "EUR",
        "alive_probability": 0.871,
    }
    said = "expected in the year from 2025-12-08: 2.3 orders of 40.00 EUR, 93.80 in all; still a customer with 87%"
    assert as_valued(profile) == [said]
