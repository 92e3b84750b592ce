"""Plants people in the demo shop, each to show one thing. truth/expected.csv says what they should get.

They are the last rows of the people. `per` is how many there are in a shop of up to 800 customers; a larger
one has as many for each 800, so that every journey has something to do at any size.
"""

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from stammis.demo.names import COUNTRIES
from stammis.demo.people import (
    BOUNCED,
    CLEANED,
    COMPLAINED,
    DAY,
    FIRST_DAY,
    HISTORY_DAYS,
    HOUR,
    HOURS_FROM_STOCKHOLM,
    NO_FIRST_NAME,
    NOT_LISTED,
    NOW,
    PAID,
    PARTLY_REFUNDED,
    PLAIN_LETTERS,
    REFUNDED,
    SUBSCRIBED,
    SWAPPED,
    TILL_CARD,
    TILL_NOTHING,
    TRUE_NAME,
    TYPO,
    UNSUBSCRIBED,
    Column,
    Columns,
    at_local,
    home_day,
)

SUPPRESSED = (CLEANED, COMPLAINED, BOUNCED)
LEFT_DAYS_AGO = 40
# the journeys' own figures, as the product's seeds have them
REVIEW_WAIT_DAYS = 10
REVIEW_WAIT_DAYS_STORE = 7
SECOND_GAP_PERCENT = 60
LEAST_OF_A_KIND = 20
# joined at a till without buying, so many days ago
TILL_JOINERS = {
    "welcome_till": (1, 2),
    "welcome_till_phone": (1, 2),
    "welcome_unreachable": (1, 2),
    "welcome_too_late": (4, 5),
}


class Bought(NamedTuple):
    """One order: placed `days` ago (from, to); if `is_asked`, its review was asked for then."""

    days: tuple[int, int]
    in_store: bool = False
    is_asked: bool = False
    status: int = PAID
    is_sent: bool = True
    comes_back: bool = False
    is_due_back: bool = False  # so long ago that most of the shop's own rhythm has passed


class PlantedPersona(NamedTuple):
    """A persona: `per` people alike. States are dealt in turn; every second one shares `twin` with the one before."""

    name: str
    per: int
    bought: tuple[Bought, ...]
    states: tuple[int, ...] = (SUBSCRIBED,)
    has_sms: bool = False
    twin: str = ""


LONG_AGO, A_YEAR_AGO, DUE_BACK = (440, 620), (366, 367), (30, 40)
CARD, LAST = Bought((150, 300), in_store=True), Bought((15, 26), in_store=True)
PERSONAS = (
    PlantedPersona("review_due", 10, (Bought((1, 2), is_asked=True),)),
    PlantedPersona("review_due_store", 5, (Bought((8, 9), in_store=True),)),
    PlantedPersona("review_suppressed", 3, (Bought((1, 2), is_asked=True),), SUPPRESSED),
    PlantedPersona("review_no_consent", 3, (Bought((1, 2), is_asked=True),), (NOT_LISTED,)),
    PlantedPersona("review_returned", 2, (Bought((1, 2), is_asked=True, status=REFUNDED),)),
    PlantedPersona("review_returned_store", 1, (Bought((8, 9), in_store=True, comes_back=True),)),
    PlantedPersona("review_unfulfilled", 2, (Bought((14, 15), is_sent=False),)),
    PlantedPersona("review_too_old", 3, (Bought((5, 12), is_asked=True),)),
    PlantedPersona("win_back_crossed", 3, (Bought(A_YEAR_AGO),)),
    PlantedPersona("win_back_backlog", 4, (Bought((660, 720)), Bought(LONG_AGO))),
    PlantedPersona("win_back_nameless", 2, (Bought(LONG_AGO),)),
    PlantedPersona("win_back_sms_unsubscribed", 2, (Bought(LONG_AGO),), (UNSUBSCRIBED,), has_sms=True),
    PlantedPersona("win_back_sms_only", 1, (Bought(A_YEAR_AGO),), (NOT_LISTED,), has_sms=True),
    PlantedPersona("win_back_engaged", 2, (Bought(LONG_AGO),)),
    PlantedPersona("win_back_no_consent", 1, (Bought(LONG_AGO),), (NOT_LISTED,)),
    PlantedPersona("win_back_suppressed", 1, (Bought(LONG_AGO),), SUPPRESSED),
    PlantedPersona("win_back_bought_again", 1, (Bought(LONG_AGO), Bought((60, 90)))),
    PlantedPersona("known_everywhere", 10, (Bought((100, 200)), Bought((70, 95), in_store=True))),
    PlantedPersona("household", 8, (Bought((100, 200)), Bought((70, 95), in_store=True)), twin="phone"),
    PlantedPersona("namesake", 4, (Bought((100, 200)),), twin="name"),
    # a recruiting weekend and the days after it
    PlantedPersona("welcome_till", 4, (), (NOT_LISTED,)),
    PlantedPersona("welcome_till_bought", 1, (Bought((1, 2), in_store=True),), (NOT_LISTED,)),
    PlantedPersona("welcome_till_phone", 1, (), (NOT_LISTED,)),
    PlantedPersona("welcome_web", 4, ()),
    PlantedPersona("welcome_both", 2, (Bought((1, 2), in_store=True),)),
    PlantedPersona("welcome_unreachable", 1, (), (NOT_LISTED,)),
    PlantedPersona("welcome_suppressed", 1, (), (CLEANED,)),
    PlantedPersona("welcome_too_late", 2, (), (NOT_LISTED,)),
    PlantedPersona("second_due", 9, (Bought(DUE_BACK, is_due_back=True),)),
    PlantedPersona("second_sms", 1, (Bought(DUE_BACK, is_due_back=True),), (UNSUBSCRIBED,), has_sms=True),
    PlantedPersona("second_no_consent", 1, (Bought(DUE_BACK, is_due_back=True),), (NOT_LISTED,)),
    PlantedPersona("second_suppressed", 1, (Bought(DUE_BACK, is_due_back=True),), SUPPRESSED),
    PlantedPersona("second_returned", 1, (Bought(DUE_BACK, is_due_back=True, in_store=True, comes_back=True),)),
    PlantedPersona("second_bought_again", 1, (Bought(DUE_BACK, is_due_back=True), Bought((19, 21), in_store=True))),
    # members a little short of a tier; their points are brought there by hand (programme.py)
    PlantedPersona("tier_due", 9, (CARD, LAST)),
    PlantedPersona("tier_sms", 1, (CARD, LAST), (UNSUBSCRIBED,), has_sms=True),
    PlantedPersona("tier_bought_lately", 1, (CARD, Bought((3, 5), in_store=True))),
    PlantedPersona("tier_year_ends", 1, (Bought((338, 360), in_store=True), LAST)),
    PlantedPersona("tier_too_far", 1, (CARD, LAST)),
    PlantedPersona("tier_top", 1, (CARD, LAST)),
    PlantedPersona("tier_no_consent", 1, (CARD, LAST), (NOT_LISTED,)),
    PlantedPersona("tier_too_old", 1, (CARD, Bought((45, 60), in_store=True))),
)
NAMES = [plant.name for plant in PERSONAS]
# every other planted person is Swedish
COUNTRY_TURNS = np.array([0, 0, 1, 0, 2, 0, 3, 0, 4, 0])


def count_personas(customers: int) -> int:
    """Count the planted people in a shop of this size."""
    return ceil(customers / 800) * sum(plant.per for plant in PERSONAS)


def plant_people(dice: Generator, people: Columns, orders: Columns, start: int) -> Columns:
    """Write the planted people over the rows from row `start`; returns all orders, with theirs."""
    many = (len(people["person"]) - start) // sum(plant.per for plant in PERSONAS)
    parts = [orders | {"is_due_back": np.zeros(len(orders["person"]), dtype=bool)}]
    for position, plant in enumerate(PERSONAS):
        rows = np.arange(start, start + plant.per * many)
        start += len(rows)
        describe(plant, position, rows, people)
        parts += [buy(dice, bought, rows, people) for bought in plant.bought]
    everything = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return come_due(people, everything)


def describe(plant: PlantedPersona, position: int, rows: Column, people: Columns) -> None:
    """Write everything about these people but their orders and newsletters."""
    turn = np.arange(len(rows))
    state = np.array(plant.states)[turn % len(plant.states)]
    in_store = any(bought.in_store for bought in plant.bought) or plant.name in TILL_JOINERS
    in_web = not all(bought.in_store for bought in plant.bought)
    needs_phone = plant.has_sms or plant.name in ("known_everywhere", "household", "welcome_till_phone")
    facts: dict[str, object] = {
        "plant": position,
        "country": COUNTRY_TURNS[turn % len(COUNTRY_TURNS)],
        "shop": 1 if in_store and in_web else 2 if in_store else 0,
        "has_account": in_web or plant.has_sms,
        "till_key": TILL_CARD if in_store else TILL_NOTHING,
        "has_card": in_store,
        "card_email": plant.name not in ("welcome_till_phone", "welcome_unreachable"),
        "list_state": state,
        "email_flag": state == SUBSCRIBED,
        "has_sms": plant.has_sms,
        "texts": False,
        "reads": not plant.name.startswith("win_back"),
        "machine_opens": turn % 2 == 0,
        "list_slip": TRUE_NAME,
        "till_slip": TRUE_NAME,
        "is_nameless": plant.name == "win_back_nameless",
        "gives_birthday": True,
    }
    for name, value in facts.items():
        people[name][rows] = value
    people["has_phone"][rows] |= needs_phone
    people["has_phone"][rows] &= plant.name not in ("welcome_unreachable", "welcome_suppressed")
    people["list_phone"][rows] &= people["has_phone"][rows]
    if plant.name == "known_everywhere":
        # a slip of the pen at the till needs the e-mail to be seen through; plain letters do not
        people["list_slip"][rows] = np.array([TYPO, SWAPPED, PLAIN_LETTERS, NO_FIRST_NAME])[turn % 4]
        people["till_slip"][rows] = np.array([PLAIN_LETTERS, TYPO, SWAPPED, PLAIN_LETTERS, TRUE_NAME])[turn % 5]
        people["card_email"][rows] = np.isin(people["till_slip"][rows], (TYPO, SWAPPED))
        people["list_phone"][rows] = True
    for name in ("first", "last", "street", "city"):
        # positions were picked for another country's list: these are long enough in all of them
        people[name][rows] %= 6 if name in ("street", "city") else 30
    if plant.twin:
        first, second = rows[0::2], rows[1::2]
        shared = ["country", "last", "street", "city", "house"]
        shared += ["phone_of"] if plant.twin == "phone" else ["first"]
        people["has_phone"][second] = people["has_phone"][first]
        for name in shared:
            people[name][second] = people[name][first]
        if plant.twin == "phone":
            people["first"][second] = (people["first"][first] + 7) % 30
            people["card_email"][rows] = False
        else:
            people["street"][second] = (people["street"][first] + 3) % 6


def buy(dice: Generator, bought: Bought, rows: Column, people: Columns) -> Columns:
    """Make one order for each of these people, in shop hours."""
    count = len(rows)
    country = people["country"][rows]
    day = HISTORY_DAYS - dice.integers(bought.days[0], bought.days[1] + 1, count)
    second = dice.integers(10, 18, count) * HOUR + dice.integers(0, 60, count) * 60
    transit = np.array([market.transit_days for market in COUNTRIES])[country]
    parcel_day = day - transit - REVIEW_WAIT_DAYS
    parcel_at = at_local(parcel_day, second)
    if bought.is_asked:
        day = parcel_day - dice.integers(2, 4, count)
        sold_at = at_local(day, dice.integers(10, 18, count) * HOUR)
    elif bought.in_store:
        sold_at = at_local(day, second - HOURS_FROM_STOCKHOLM[country] * HOUR)
    else:
        sold_at = at_local(day, second)
        parcel_at = sold_at + dice.integers(20, 96, count) * HOUR
    is_sent = bought.is_sent and not bought.in_store
    return {
        "person": rows,
        "in_store": np.full(count, bought.in_store),
        "sold_at": sold_at,
        "sent_at": parcel_at if is_sent else np.zeros(count, dtype=np.int64),
        "status": np.full(count, bought.status),
        "back_after": np.full(count, 3 if bought.comes_back else 0),
        "all_back": np.full(count, bought.comes_back),
        "has_code": np.zeros(count, dtype=bool),
        "shows_phone": np.ones(count, dtype=bool),
        "is_due_back": np.full(count, bought.is_due_back),
    }


def come_due(people: Columns, orders: Columns) -> Columns:
    """Move the orders marked is_due_back to where their journey has just become due."""
    back = orders["is_due_back"]
    days = median_gap(people, orders) * SECOND_GAP_PERCENT // 100
    # in the middle of the three days, so that a rhythm judged a day shorter or longer changes nothing
    day = np.full(int(back.sum()), HISTORY_DAYS - 2 - days)
    moved = at_local(day, 11 * HOUR + np.arange(len(day)) * 1231 % (6 * HOUR))
    shift = np.zeros_like(orders["sold_at"])
    shift[back] = moved - orders["sold_at"][back]
    sent_at = np.where(orders["sent_at"] > 0, orders["sent_at"] + shift, 0)
    return orders | {"sold_at": orders["sold_at"] + shift, "sent_at": sent_at}


def come_due_by_kind(people: Columns, orders: Columns, lines: Columns, kinds: Column) -> Columns:
    """Move them once more, now that baskets tell what they are about: to when most buyers of such things are back.

    `kinds`: the kind of each product. What is moved was due by the shop's gap; only orders of the web are, for what is
    brought back to a till has its day already.
    """
    gaps, shop_gap = own_gaps(people, orders), median_gap(people, orders)
    worth = lines["quantity"] * lines["price"]
    turn = np.lexsort((lines["line_no"], -worth, lines["number"]))
    _, dearest = np.unique(lines["number"][turn], return_index=True)
    kind = kinds[lines["product"][turn][dearest]]
    last = np.full(len(people["person"]), -1)
    kept = np.flatnonzero(is_kept(people, orders))
    np.maximum.at(last, orders["person"][kept], kept)
    waits = np.zeros(len(kind), dtype=np.int64)
    for each in np.unique(kind):
        known = np.sort(gaps[(gaps > 0) & (last >= 0) & (kind[last] == each)])
        gap = known[(len(known) - 1) // 2] if len(known) >= LEAST_OF_A_KIND else shop_gap
        waits[kind == each] = gap * SECOND_GAP_PERCENT // 100
    moved = orders["is_due_back"] & ~orders["in_store"]
    shift = np.where(moved, shop_gap * SECOND_GAP_PERCENT // 100 - waits, 0) * DAY
    sent_at = np.where(orders["sent_at"] > 0, orders["sent_at"] + shift, 0)
    changed = orders | {"sold_at": orders["sold_at"] + shift, "sent_at": sent_at}
    del changed["is_due_back"]
    return changed


def is_kept(people: Columns, orders: Columns) -> Column:
    """Which orders are kept, by somebody known."""
    is_known = ~orders["in_store"] | (people["till_key"][orders["person"]] > TILL_NOTHING)
    kept: Column = is_known & np.isin(orders["status"], (PAID, PARTLY_REFUNDED))
    return kept


def own_gaps(people: Columns, orders: Columns) -> Column:
    """Each person's whole days from one day with kept orders to the next, on average; 0 with one such day or none."""
    kept = is_kept(people, orders)
    person, day = np.unique((orders["person"][kept], home_day(orders["sold_at"][kept])), axis=1)
    many = np.bincount(person, minlength=len(people["person"]))
    first, last = np.full(len(many), NOW), np.zeros(len(many), dtype=np.int64)
    np.minimum.at(first, person, day)
    np.maximum.at(last, person, day)
    gaps: Column = np.where(many >= 2, (last - first) // np.maximum(many - 1, 1), 0)
    return gaps


def median_gap(people: Columns, orders: Columns) -> int:
    """The shop's median of these gaps: half of those who came back do not exceed it."""
    gaps = np.sort(own_gaps(people, orders))
    gaps = gaps[gaps > 0]
    return int(gaps[(len(gaps) - 1) // 2]) if len(gaps) else 0


def plant_membership(dice: Generator, people: Columns) -> None:
    """Let planted people join the newsletter long before they buy, and leave it all at one time.

    Newcomers join in the last days: cards by date, at the till; the newsletter at any hour.
    """
    planted = people["plant"] >= 0
    joined = np.maximum(people["first_at"] - 120 * DAY, FIRST_DAY)
    people["opted_in_at"] = np.where(planted, joined, people["opted_in_at"])
    gone = np.where(people["list_state"] > SUBSCRIBED, NOW - LEFT_DAYS_AGO * DAY, 0)
    people["left_at"] = np.where(planted, gone, people["left_at"])
    for name, (least, most) in TILL_JOINERS.items():
        new = people["plant"] == NAMES.index(name)
        day = HISTORY_DAYS - dice.integers(least, most + 1, int(new.sum()))
        people["card_at"][new] = at_local(day, dice.integers(10, 18, len(day)) * HOUR)
    for name in ("welcome_web", "welcome_both", "welcome_suppressed"):
        new = people["plant"] == NAMES.index(name)
        people["opted_in_at"][new] = NOW - dice.integers(9 * HOUR, 68 * HOUR, int(new.sum()))
        people["left_at"][new] = np.where(people["list_state"][new] > SUBSCRIBED, NOW - 6 * HOUR, 0)


def plant_interest(people: Columns, sends: Columns) -> None:
    """Let the engaged ones open their latest newsletter themselves; every other one clicks as well."""
    plant = people["plant"][sends["person"]]
    latest = (plant == NAMES.index("win_back_engaged")) & (sends["number"] == sends["number"].max())
    sends["human"] |= latest
    sends["clicked"] |= latest & (sends["person"] % 2 == 0)
    sends["hiccup"][latest] = 0
