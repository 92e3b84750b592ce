"""Generates who shops at the demo shop and when, as columns of numbers without text.

Times are whole seconds since 1970, UTC. Days are counted from FIRST_DAY, a Monday two years before AS_OF.
Sources of the figures: BG/NBD and Gamma-Gamma as fitted to CDNOW (Fader & Hardie), the rest from data.md.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from stammis.demo.names import CITIES, COUNTRIES, DOMAINS, FIRST_NAMES, LAST_NAMES, STREETS

# a Wednesday, 10:00 in Stockholm; naive UTC like every stored time
AS_OF = datetime(2025, 12, 10, 9, tzinfo=UTC).replace(tzinfo=None)
Column = NDArray[Any]
Columns = dict[str, Column]

DAY, HOUR, HISTORY_DAYS = 86400, 3600, 730
NOW = int(AS_OF.replace(tzinfo=UTC).timestamp())
FIRST_DAY = NOW - 9 * HOUR - HISTORY_DAYS * DAY
# Stockholm's summer time, in its own wall clock
SUMMERS = np.array(
    [["2024-03-31T02", "2024-10-27T03"], ["2025-03-30T02", "2025-10-26T03"]], dtype="datetime64[s]"
).astype(np.int64)
HOURS_FROM_STOCKHOLM = np.array([0, 0, 0, 1, -1])  # by position in COUNTRIES
SHARES = np.array([country.share for country in COUNTRIES])

WEEKDAY_SHARES = np.array([0.138, 0.135, 0.131, 0.135, 0.135, 0.159, 0.167])
HOUR_SHARES = np.array([1, 2, 3, 5, 6, 6, 6, 5, 5, 5, 5, 6, 8, 9, 7, 3], dtype=float)  # from 7 to 22
MONTH_FACTORS = np.array([0.67, 0.67, 0.9, 0.9, 0.95, 0.95, 0.9, 0.95, 1.0, 1.1, 1.8, 1.2])

# newsletter states, as the export files and the provider's events show them
NOT_LISTED, SUBSCRIBED, UNSUBSCRIBED, CLEANED, COMPLAINED, BOUNCED = range(6)
TILL_NOTHING, TILL_CARD, TILL_PHONE, TILL_EMAIL = range(4)
# how a name was written down
TRUE_NAME, TYPO, SWAPPED, PLAIN_LETTERS, NO_FIRST_NAME = range(5)
PAID, REFUNDED, PARTLY_REFUNDED, VOIDED, PENDING = range(5)


def home_day(moment: Column) -> Column:
    """The days of moments by the clock of the home country, London's: an hour behind Stockholm's, summer and winter."""
    summer = np.zeros(len(moment), dtype=bool)
    for start, end in SUMMERS:
        summer |= (moment + HOUR >= start) & (moment + HOUR < end)
    day: Column = (moment + HOUR * summer) // DAY
    return day


def at_local(day: Column, second: Column) -> Column:
    """Seconds UTC of a wall-clock `second` of `day` in Stockholm."""
    wall = FIRST_DAY + day.astype(np.int64) * DAY + second.astype(np.int64)
    summer = np.zeros(len(wall), dtype=bool)
    for start, end in SUMMERS:
        summer |= (wall >= start) & (wall < end)
    moment: Column = wall - HOUR - HOUR * summer
    return moment


def invent_people(dice: Generator, count: int) -> Columns:
    """Draw one row per person: who they are, how they shop, what they agreed to. Nobody is planted yet."""
    rolls = dice.random((12, count))
    country = dice.choice(len(COUNTRIES), size=count, p=SHARES)
    shop = np.searchsorted([0.62, 0.85], rolls[0])  # 0 web, 1 both, 2 store
    has_phone = rolls[1] < 0.56
    till = np.select(
        [shop == 0, rolls[2] < 0.5, (rolls[2] < 0.7) & has_phone, rolls[2] < 0.85],
        [TILL_NOTHING, TILL_CARD, TILL_PHONE, TILL_EMAIL],
        TILL_NOTHING,
    )
    has_account = (shop < 2) & (rolls[3] >= 0.1)
    list_state = np.where(rolls[4] < 0.6, np.searchsorted([0.779, 0.929, 0.989, 0.994], rolls[5]) + 1, NOT_LISTED)
    listed = list_state != NOT_LISTED
    has_sms = has_phone & has_account & (rolls[6] < np.where(listed, 0.9, 0.35))
    card_email = ~has_phone | (rolls[7] < 0.6)
    return {
        "person": np.arange(count),
        "country": country,
        "first": pick(dice, count, country, FIRST_NAMES, " "),
        "last": pick(dice, count, country, LAST_NAMES, " "),
        "street": pick(dice, count, country, STREETS, "|"),
        "city": pick(dice, count, country, CITIES, "|"),
        "house": dice.integers(1, 90, count),
        "domain": dice.integers(0, len(DOMAINS), count),
        "birth_year": dice.integers(1940, 2006, count),
        "gives_birthday": dice.random(count) < 0.5,
        "shop": shop,
        "has_account": has_account,
        "has_phone": has_phone,
        "phone_of": np.arange(count),
        "till_key": till,
        "has_card": till == TILL_CARD,
        "card_email": card_email,
        "list_phone": has_phone & (~card_email | (rolls[8] < 0.45)),
        "list_state": list_state,
        "email_flag": (has_account | listed) & (rolls[9] < np.array([0.03, 0.85, 0.6, 0.6, 1.0, 0.6])[list_state]),
        "has_sms": has_sms,
        "texts": has_sms & (rolls[10] < 0.25),
        "reads": rolls[11] < 0.9,
        "machine_opens": dice.random(count) < 0.35,
        "list_slip": dice.choice(5, size=count, p=[0.82, 0.08, 0.02, 0.06, 0.02]),
        "till_slip": dice.choice(4, size=count, p=[0.57, 0.06, 0.02, 0.35]),
        "is_nameless": np.zeros(count, dtype=bool),
        "plant": np.full(count, -1),
    }


def pick(dice: Generator, count: int, country: Column, texts: dict[str, str], separator: str) -> Column:
    """Draw a position in the country's list for everyone; earlier positions are somewhat more frequent."""
    sizes = np.array([len(texts[market.code].split(separator)) for market in COUNTRIES])
    chosen: Column = (dice.random(count) ** 1.3 * sizes[country]).astype(np.int64)
    return chosen


def invent_orders(dice: Generator, people: Columns, count: int) -> Columns:
    """Draw the orders of the first `count` people by BG/NBD, moved to the hours when people shop."""
    rate, leaves = dice.gamma(0.243, 1 / 4.414, count), dice.beta(0.793, 2.426, count)
    person, days, is_active = buy_till_you_leave(dice, np.maximum(rate, 1e-12) / 7, leaves)
    # the planted ones are regulars, if anybody asks
    people["rate"] = np.concatenate([rate / 7, np.full(len(people["person"]) - count, 1 / 60)])
    people["leaves"] = np.concatenate([leaves, np.full(len(people["person"]) - count, 0.1)])
    people["is_active"] = np.concatenate([is_active, np.ones(len(people["person"]) - count, dtype=bool)])
    total = len(person)
    day = days.astype(np.int64) // 7 * 7 + dice.choice(7, size=total, p=WEEKDAY_SHARES / WEEKDAY_SHARES.sum())
    day = np.where(day >= HISTORY_DAYS, day - 7, day)
    shop = people["shop"][person]
    in_store = (shop == 2) | ((shop == 1) & (dice.random(total) < 0.4))
    hour = dice.choice(16, size=total, p=HOUR_SHARES / HOUR_SHARES.sum()) + 7
    hour = np.where(in_store, 10 + hour % 9 - HOURS_FROM_STOCKHOLM[people["country"][person]], hour)
    sold_at = at_local(day, hour * HOUR + dice.integers(0, 60, total) * 60)
    sent_at = sold_at + (dice.uniform(20, 95, total) * 60).astype(np.int64) * 60
    roll, age = dice.random(total), NOW - sold_at
    status = np.select(
        [in_store, roll < 0.05, (roll < 0.1) & (age > 45 * DAY), roll > 0.99, roll > 0.985],
        [PAID, REFUNDED, PARTLY_REFUNDED, VOIDED, PENDING],
        PAID,
    )
    is_sent = ~in_store & (sent_at < NOW) & (status < VOIDED) & (dice.random(total) >= 0.015)
    return {
        "person": person,
        "in_store": in_store,
        "sold_at": sold_at,
        "sent_at": np.where(is_sent, sent_at, 0),
        "status": status,
        # things come back to the till only for sales two months old: what is asked about now stays simple
        "back_after": np.where(
            in_store & (age > 60 * DAY) & (dice.random(total) < 0.1), dice.integers(2, 30, total), 0
        ),
        "all_back": dice.random(total) < 0.5,
        "has_code": ~in_store & (dice.random(total) < 0.08),
        "shows_phone": dice.random(total) < 0.6,
    }


def buy_till_you_leave(dice: Generator, rate: Column, leaves: Column) -> tuple[Column, Column, Column]:
    """Purchases by BG/NBD: (person, days since FIRST_DAY), one first purchase each; and who is still a customer.

    `rate`: purchases a day; `leaves`: how likely each purchase is the last, a row a person.

    The process runs on a clock that goes faster in November and slower in January; its mean rate is one.
    """
    dates = [AS_OF - timedelta(days=day) for day in range(HISTORY_DAYS, 0, -1)]
    pace = MONTH_FACTORS[np.array([date.month - 1 for date in dates])]
    clock = np.concatenate([[0.0], np.cumsum(pace / pace.mean())])
    who, moment = np.arange(len(rate)), dice.uniform(0, clock[-1], len(rate))
    people, moments, is_active = [who], [moment], np.zeros(len(rate), dtype=bool)
    while who.size:
        moment = moment + dice.exponential(1, who.size) / rate[who]
        inside = moment < clock[-1]
        is_active[who[~inside]] = True
        who, moment = who[inside], moment[inside]
        people.append(who)
        moments.append(moment)
        stays = dice.random(who.size) >= leaves[who]
        who, moment = who[stays], moment[stays]
    days = np.interp(np.concatenate(moments), clock, np.arange(HISTORY_DAYS + 1))
    return np.concatenate(people), days, is_active


def invent_membership(dice: Generator, people: Columns, orders: Columns) -> None:
    """Add opted_in_at and left_at (0 = stays) of the newsletter, from the first order on, and card_at of a card."""
    count = len(people["person"])
    first, card = np.full(count, NOW - DAY), np.full(count, NOW)
    np.minimum.at(first, orders["person"], orders["sold_at"])
    np.minimum.at(card, orders["person"][orders["in_store"]], orders["sold_at"][orders["in_store"]])
    later = np.where(dice.random(count) < 0.7, 0, dice.integers(0, 200 * DAY, count))
    opted_in = np.minimum(first - 300 + later, NOW - HOUR)
    left = opted_in + ((NOW - opted_in) * dice.uniform(0.1, 0.98, count)).astype(np.int64)
    people["first_at"] = first
    people["card_at"] = np.where(card < NOW, card, first)
    people["opted_in_at"] = opted_in
    people["left_at"] = np.where(people["list_state"] > SUBSCRIBED, left, 0)


def list_newsletters() -> list[datetime]:
    """List when the monthly newsletters were sent: on each first Tuesday."""
    firsts = [datetime(year, month, 1, 8, tzinfo=UTC) for year in (2024, 2025) for month in range(1, 13)]
    return [first + timedelta(days=(1 - first.weekday()) % 7) for first in firsts]


def invent_newsletters(dice: Generator, people: Columns, dates: list[datetime], start: int = 0) -> Columns:
    """Draw one row for each newsletter sent to somebody, with opens and clicks; numbered from `start`."""
    sends: list[Columns] = []
    for number, date in enumerate(dates, start):
        sent_at = int(date.timestamp())
        gone = (people["left_at"] > 0) & (people["left_at"] <= sent_at)
        who = np.nonzero((people["list_state"] > 0) & (people["opted_in_at"] < sent_at) & ~gone)[0]
        # a reader opens at least every third one, so that nobody's last eight are a matter of luck
        human = people["reads"][who] & (((who + number) % 3 == 0) | (dice.random(who.size) < 0.15))
        sends.append(
            {
                "person": who,
                "number": np.full(who.size, number + 1),
                "campaign": np.full(who.size, date.year * 100 + date.month),
                "sent_at": sent_at + who * 7919 % 1800,
                "human": human,
                "machine": people["machine_opens"][who] & (dice.random(who.size) < 0.75),
                "clicked": human & (dice.random(who.size) < 0.12),
                "hiccup": dice.choice(3, size=who.size, p=[0.985, 0.01, 0.005]),
            }
        )
    return {name: np.concatenate([part[name] for part in sends]) for name in sends[0]}
