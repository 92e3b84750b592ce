"""What a customer's scores say, in words: one short line for each, also where there is nothing to say yet."""

from collections.abc import Mapping, Sequence
from typing import Any

GAPS = {
    "own": "their own gap of {days}",
    "category": "the gap of {days} usual after what they bought last",
    "shop": "the shop's usual gap of {days}",
}
CHANNELS = {"email": "an e-mail", "sms": "an SMS"}
PLACES = {"web": "on the web", "store": "in the store", "both": "in the store and on the web"}


def describe(profile: Mapping[str, Any], recommended: Sequence[str]) -> list[str]:
    """Lines about a row of customer_profiles, with the products recommended to them; no name, no address."""
    return [
        _segment(profile),
        _next_order(profile),
        *_habits(profile),
        _favourites(profile),
        *_to_name(recommended),
        _reached(profile),
        *as_valued(profile),
    ]


def _segment(profile: Mapping[str, Any]) -> str:
    if not profile["rfm_segment"]:
        return "no segment: no order kept yet"
    if not profile["previous_rfm_segment"]:
        return f"segment {profile['rfm_segment']}, unchanged since runs remember it"
    changed = f"{profile['rfm_segment_changed_at']:%Y-%m-%d}"
    return f"segment {profile['rfm_segment']} since {changed}, {profile['previous_rfm_segment']} before"


def _next_order(profile: Mapping[str, Any]) -> str:
    if not profile["order_count"]:
        return "next order: none to expect, no order kept yet"
    if not profile["expected_by"]:
        return "next order: nobody's rhythm says when yet"
    days = _days(profile["expected_gap_days"])
    sentence = f"next order expected {profile['next_order_due_at']:%Y-%m-%d}, by {GAPS[profile['expected_by']]}"
    late = profile["overdue_days"]
    return sentence.format(days=days) + (f"; {_days(late)} overdue" if late else "")


def _favourites(profile: Mapping[str, Any]) -> str:
    found = [str(profile[name]) for name in ("favourite_product", "favourite_category") if profile[name]]
    return f"favourites: {'; '.join(found)}" if found else "no favourite: too little bought or looked at to tell"


def _to_name(recommended: Sequence[str]) -> list[str]:
    return [f"might like: {'; '.join(recommended)}"] if recommended else []


def _reached(profile: Mapping[str, Any]) -> str:
    channel = CHANNELS.get(profile["preferred_channel"], "a message")
    hour, own = profile["preferred_hour"], profile["own_hour_act_count"]
    if hour is None:
        return f"when they look at {channel}: nothing tells yet"
    acts = "one act of their own" if own == 1 else f"{own} acts of their own"
    return f"most likely to look at {channel}, from {hour}:00 local time ({acts if own else 'as is usual'})"


def _habits(profile: Mapping[str, Any]) -> list[str]:
    if not profile["purchase_channel"]:
        return []
    share = profile["discounted_order_percent"]
    return [f"buys {PLACES[profile['purchase_channel']]}, {share} % of the orders with a discount code"]


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def as_valued(profile: Mapping[str, Any]) -> list[str]:
    """What is expected of them, a forecast from their orders alone; nothing before a first fit."""
    if profile.get("clv") is None:
        return []
    return [
        f"expected in the year from {profile['scored_at']:%Y-%m-%d}: {profile['expected_order_count']:.1f} orders of "
        f"{profile['expected_order_value']} {profile['clv_currency']}, {profile['clv']} in all; "
        f"still a customer with {profile['alive_probability']:.0%}"
    ]
