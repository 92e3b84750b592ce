"""People planted in the demo shop, each to show one thing; truth/expected.csv says what becomes of them.

They are the last rows of the people. `per` is how many there are in a shop of up to 800 customers; a larger
one has as many for each 800, so that every journey has something to do at any size.
"""

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from stammis.demo_names import COUNTRIES
from stammis.demo_people import (
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
)

SUPPRESSED = (CLEANED, COMPLAINED, BOUNCED)
LEFT_DAYS_AGO = 40
# the journeys' own figures, as the product's seeds have them
REVIEW_WAIT_DAYS = 10
REVIEW_WAIT_DAYS_STORE = 7


class Bought(NamedTuple):
    """One order: `days` ago (first and last possible), or asked about `days` ago if `is_asked`."""

    days: tuple[int, int]
    in_store: bool = False
    is_asked: bool = False
    status: int = PAID
    is_sent: bool = True
    comes_back: bool = False


class Plant(NamedTuple):
    """`per` people alike. States are dealt in turn; pairs share what `twin` says with the one before."""

    name: str
    per: int
    bought: tuple[Bought, ...]
    states: tuple[int, ...] = (SUBSCRIBED,)
    has_sms: bool = False
    twin: str = ""


LONG_AGO, A_YEAR_AGO = (440, 620), (366, 367)
PLANTS = (
    Plant("review_due", 10, (Bought((1, 2), is_asked=True),)),
    Plant("review_due_store", 5, (Bought((8, 9), in_store=True),)),
    Plant("review_suppressed", 3, (Bought((1, 2), is_asked=True),), SUPPRESSED),
    Plant("review_no_consent", 3, (Bought((1, 2), is_asked=True),), (NOT_LISTED,)),
    Plant("review_returned", 2, (Bought((1, 2), is_asked=True, status=REFUNDED),)),
    Plant("review_returned_store", 1, (Bought((8, 9), in_store=True, comes_back=True),)),
    Plant("review_unfulfilled", 2, (Bought((14, 15), is_sent=False),)),
    Plant("review_too_old", 3, (Bought((5, 12), is_asked=True),)),
    Plant("win_back_crossed", 3, (Bought(A_YEAR_AGO),)),
    Plant("win_back_backlog", 4, (Bought((660, 720)), Bought(LONG_AGO))),
    Plant("win_back_nameless", 2, (Bought(LONG_AGO),)),
    Plant("win_back_sms_unsubscribed", 2, (Bought(LONG_AGO),), (UNSUBSCRIBED,), has_sms=True),
    Plant("win_back_sms_only", 1, (Bought(A_YEAR_AGO),), (NOT_LISTED,), has_sms=True),
    Plant("win_back_engaged", 2, (Bought(LONG_AGO),)),
    Plant("win_back_no_consent", 1, (Bought(LONG_AGO),), (NOT_LISTED,)),
    Plant("win_back_suppressed", 1, (Bought(LONG_AGO),), SUPPRESSED),
    Plant("win_back_bought_again", 1, (Bought(LONG_AGO), Bought((60, 90)))),
    Plant("known_everywhere", 10, (Bought((100, 200)), Bought((70, 95), in_store=True))),
    Plant("household", 8, (Bought((100, 200)), Bought((70, 95), in_store=True)), twin="phone"),
    Plant("namesake", 4, (Bought((100, 200)),), twin="name"),
)
NAMES = [plant.name for plant in PLANTS]
# every other planted person is Swedish
COUNTRY_TURNS = np.array([0, 0, 1, 0, 2, 0, 3, 0, 4, 0])


def count_plants(customers: int) -> int:
    """How many of the shop's customers are planted ones."""
    return ceil(customers / 800) * sum(plant.per for plant in PLANTS)


def plant_people(dice: Generator, people: Columns, orders: Columns, start: int) -> Columns:
    """Writes the plants over the people from row `start`; gives all orders, theirs included."""
    many = (len(people["person"]) - start) // sum(plant.per for plant in PLANTS)
    parts = [orders]
    for position, plant in enumerate(PLANTS):
        rows = np.arange(start, start + plant.per * many)
        start += len(rows)
        describe(plant, position, rows, people)
        parts += [buy(dice, bought, rows, people) for bought in plant.bought]
    return {name: np.concatenate([part[name] for part in parts]) for name in orders}


def describe(plant: Plant, position: int, rows: Column, people: Columns) -> None:
    """Everything about these people but their orders and newsletters."""
    turn = np.arange(len(rows))
    state = np.array(plant.states)[turn % len(plant.states)]
    in_store = any(bought.in_store for bought in plant.bought)
    in_web = not all(bought.in_store for bought in plant.bought)
    needs_phone = plant.has_sms or plant.name in ("known_everywhere", "household")
    facts: dict[str, object] = {
        "plant": position,
        "country": COUNTRY_TURNS[turn % len(COUNTRY_TURNS)],
        "shop": 1 if in_store and in_web else 2 if in_store else 0,
        "has_account": in_web,
        "till_key": TILL_CARD if in_store else TILL_NOTHING,
        "has_card": in_store,
        "card_email": True,
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
    people["list_phone"][rows] &= people["has_phone"][rows]
    if plant.name == "known_everywhere":
        # a slip of the pen at the till needs the e-mail to be seen through; plain letters do not
        people["list_slip"][rows] = np.array([TYPO, SWAPPED, PLAIN_LETTERS, NO_FIRST_NAME])[turn % 4]
        people["till_slip"][rows] = np.array([PLAIN_LETTERS, TYPO, SWAPPED, PLAIN_LETTERS, TRUE_NAME])[
            turn % 5
        ]
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
    """One order for each of these people, in shop hours."""
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
    }


def plant_membership(people: Columns) -> None:
    """Planted people joined the newsletter long before they bought, and leave it at one time."""
    planted = people["plant"] >= 0
    joined = np.maximum(people["first_at"] - 120 * DAY, FIRST_DAY)
    people["opted_in_at"] = np.where(planted, joined, people["opted_in_at"])
    gone = np.where(people["list_state"] > SUBSCRIBED, NOW - LEFT_DAYS_AGO * DAY, 0)
    people["left_at"] = np.where(planted, gone, people["left_at"])


def plant_interest(people: Columns, sends: Columns) -> None:
    """The engaged ones open their latest newsletter themselves, every other one clicks as well."""
    plant = people["plant"][sends["person"]]
    latest = (plant == NAMES.index("win_back_engaged")) & (sends["number"] == sends["number"].max())
    sends["human"] |= latest
    sends["clicked"] |= latest & (sends["person"] % 2 == 0)
    sends["hiccup"][latest] = 0
