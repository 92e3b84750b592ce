"""Generates the demo shop's days after AS_OF: the same people go on, and each day's exports wait beside landing.

A day's files hold what happened in the 24 hours up to AS_OF's time of that day, and later news of earlier orders:
parcels sent, money paid back. Nobody reacts to what Stammis sends, because it is not known here.
"""

import os
from datetime import UTC, date, timedelta
from datetime import datetime as Moment
from pathlib import Path

import numpy as np
from numpy.random import Generator

from stammis.demo import exports
from stammis.demo.people import (
    AS_OF,
    DAY,
    HISTORY_DAYS,
    HOUR,
    HOUR_SHARES,
    HOURS_FROM_STOCKHOLM,
    NOT_LISTED,
    NOW,
    PAID,
    REFUNDED,
    SUBSCRIBED,
    UNSUBSCRIBED,
    VOIDED,
    Column,
    Columns,
    at_local,
    invent_newsletters,
    invent_people,
    list_newsletters,
)
from stammis.demo.tables import build_tables, open_database, write

PACE = 1.2  # of an average day: December
CHRISTMAS_LETTER = Moment(2025, 12, 12, 8, tzinfo=UTC)
# what of each table is a day's own; {since} and {until} are seconds, the first one outside
NARROWED = {
    "orders": """
        select * replace (case when sent_at <= {until} then sent_at else 0 end as sent_at) from main.orders
        where (sold_at > {since} and sold_at <= {until}) or (sent_at > {since} and sent_at <= {until})
            or (changed_at > {since} and changed_at <= {until})
    """,
    "account_holders": """
        select * from main.account_holders where person in (
            select person from main.orders where not in_store and sold_at > {since} and sold_at <= {until}
        )
    """,
    "spent": """
        select person, sum(net) as ore, count(*) as many from main.orders
        where not in_store and sold_at <= {until} group by person
    """,
    "card_holders": "select * from main.card_holders where card_at > {since} and card_at <= {until}",
    "listed": "select * from main.listed where changed_at > {since} and changed_at <= {until}",
    "events": "select * from main.events where happened_at > {since} and happened_at <= {until}",
    "inbound": "select * from main.inbound where received_at > {since} and received_at <= {until}",
    "reviews": "select * from main.reviews where reviewed_at > {since} and reviewed_at <= {until}",
    "visits": "select * from main.visits where happened_at > {since} and happened_at <= {until}",
    "ad_spend": """
        select * from main.ad_spend
        where day = make_timestamp({until}::bigint * 1000000)::date - interval 1 day
    """,
    "answers": "select * from main.answers where answered_at > {since} and answered_at <= {until}",
}
# corrections by hand are over; the catalogue and the price list do not change
UNCHANGED = ("programme/", "shopify/products", "prices/")
FILES = {path: query for path, query in exports.FILES.items() if not path.startswith(UNCHANGED)}


def live_on(dice: Generator, columns: dict[str, Columns], days: int) -> dict[str, Columns]:
    """Return the shop's columns `days` after AS_OF: the same rows first, then later ones."""
    people, orders = columns["invented_people"], columns["invented_orders"]
    known = len(people["person"])
    newcomers = invent_people(dice, 1 + int(dice.poisson(known / HISTORY_DAYS * days * PACE)))
    who, moments = go_on_buying(dice, people, days)
    first = dice.uniform(0, days, len(newcomers["person"]))
    for name in ("person", "phone_of"):
        newcomers[name] += known
    newcomers["texts"][:] = False
    newcomers["list_state"] = np.where(newcomers["list_state"] == NOT_LISTED, NOT_LISTED, SUBSCRIBED)
    fresh = {name: np.zeros(len(first), dtype=values.dtype) for name, values in people.items()} | newcomers
    everybody = join_columns(people, fresh)
    person = np.concatenate([who, newcomers["person"]])
    bought = buy(dice, everybody, person, np.concatenate([moments, first]), NOW + days * DAY)
    bought["number"] = len(orders["person"]) + np.arange(len(bought["person"]))
    everything = join_columns(get_news(dice, people, orders, days), bought)
    join_up(everybody, everything, known)
    leave_list(dice, everybody, known, days)
    letters = invent_newsletters(dice, everybody, [CHRISTMAS_LETTER], start=len(list_newsletters()))
    return {
        "invented_people": everybody,
        "invented_orders": everything,
        "sends": join_columns(columns["sends"], letters),
        "later_texts": say_stop(dice, people, days),
    }


def join_columns(first: Columns, second: Columns) -> Columns:
    return {name: np.concatenate([first[name], second[name]]) for name in first}


def go_on_buying(dice: Generator, people: Columns, days: int) -> tuple[Column, Column]:
    """Draw purchases of those who are still customers: (person, days after AS_OF)."""
    who = np.nonzero(people["is_active"])[0]
    moment = np.zeros(len(who))
    persons, moments = [], []
    while who.size:
        moment = moment + dice.exponential(1, who.size) / np.maximum(people["rate"][who] * PACE, 1e-12)
        who, moment = who[moment < days], moment[moment < days]
        persons.append(who)
        moments.append(moment)
        stays = dice.random(who.size) >= people["leaves"][who]
        who, moment = who[stays], moment[stays]
    return np.concatenate(persons), np.concatenate(moments)


def buy(dice: Generator, people: Columns, person: Column, moments: Column, end: int) -> Columns:
    """Make orders of these people, `moments` days after AS_OF and before second `end`, oldest first."""
    count, shop = len(person), people["shop"][person]
    in_store = (shop == 2) | ((shop == 1) & (dice.random(count) < 0.4))
    hour = dice.choice(16, size=count, p=HOUR_SHARES / HOUR_SHARES.sum()) + 7
    hour = np.where(in_store, 10 + hour % 9 - HOURS_FROM_STOCKHOLM[people["country"][person]], hour)
    day = HISTORY_DAYS + moments.astype(np.int64)
    sold_at = at_local(day, hour * HOUR + dice.integers(1, 60, count) * 60)
    sold_at = np.where(sold_at <= NOW, sold_at + 4 * HOUR, sold_at)  # the first day has begun
    status = np.where(~in_store & (dice.random(count) > 0.99), VOIDED, PAID)
    sent_at = sold_at + (dice.uniform(20, 95, count) * 60).astype(np.int64) * 60
    bought = {
        "number": np.zeros(count, dtype=np.int64),
        "person": person,
        "in_store": in_store,
        "sold_at": sold_at,
        "sent_at": np.where(in_store | (status == VOIDED) | (sent_at >= end), 0, sent_at),
        "status": status,
        "back_after": np.zeros(count, dtype=np.int64),
        "all_back": np.zeros(count, dtype=bool),
        "has_code": ~in_store & (dice.random(count) < 0.08),
        "shows_phone": dice.random(count) < 0.6,
        "changed_at": np.zeros(count, dtype=np.int64),
    }
    turn = np.lexsort((person, sold_at))
    return {name: values[turn[sold_at[turn] < end]] for name, values in bought.items()}


def get_news(dice: Generator, people: Columns, orders: Columns, days: int) -> Columns:
    """Update the orders up to AS_OF: parcels sent, money paid back, goods returned at a till."""
    count, age = len(orders["person"]), NOW - orders["sold_at"]
    news, within = dict(orders), NOW + dice.integers(HOUR, days * DAY, count)
    is_web = ~orders["in_store"] & (orders["status"] == PAID)
    waits = is_web & (orders["sent_at"] == 0) & (age < 4 * DAY)
    news["sent_at"] = np.where(waits, NOW + dice.integers(HOUR, 2 * DAY, count), orders["sent_at"])
    is_back = is_web & (orders["sent_at"] > 0) & (age > 5 * DAY) & (age < 40 * DAY) & (dice.random(count) < 0.05)
    news["status"] = np.where(is_back, REFUNDED, orders["status"])
    news["changed_at"] = np.where(is_back, within, 0)
    # after a fortnight, when the points are no longer pending
    till = orders["in_store"] & (orders["back_after"] == 0) & (age > 15 * DAY) & (age < 40 * DAY)
    back_after = age // DAY + 1 + dice.integers(0, days, count)
    news["back_after"] = np.where(till & (dice.random(count) < 0.05), back_after, orders["back_after"])
    return news


def join_up(people: Columns, orders: Columns, known: int) -> None:
    """Give newcomers their card and newsletter when they first buy."""
    count = len(people["person"])
    first, card = np.full(count, NOW + HOUR), np.full(count, 1 << 60)
    new = orders["person"] >= known
    first[orders["person"][new][::-1]] = orders["sold_at"][new][::-1]
    np.minimum.at(card, orders["person"][orders["in_store"]], orders["sold_at"][orders["in_store"]])
    for name, values in (
        ("first_at", first),
        ("opted_in_at", np.maximum(first - 300, NOW + 1)),
        ("card_at", np.where(card < 1 << 60, card, first)),
    ):
        people[name][known:] = values[known:]


def leave_list(dice: Generator, people: Columns, known: int, days: int) -> None:
    """Let some people who are not planted leave the newsletter."""
    is_tired = (people["list_state"] == SUBSCRIBED) & (people["plant"] < 0) & (people["person"] < known)
    leaves = is_tired & (dice.random(len(is_tired)) < 0.001 * days)
    people["left_at"] = np.where(leaves, NOW + dice.integers(HOUR, days * DAY, len(leaves)), people["left_at"])
    people["list_state"] = np.where(leaves, UNSUBSCRIBED, people["list_state"])


def say_stop(dice: Generator, people: Columns, days: int) -> Columns:
    """Let some who agreed to SMS and never wrote one text STOP."""
    quiet = np.nonzero(people["has_sms"] & ~people["texts"])[0]
    person = quiet[dice.random(len(quiet)) < 0.004 * days]
    return {"person": person, "said_at": NOW + dice.integers(HOUR, days * DAY, len(person))}


def write_days(folder: Path, columns: dict[str, Columns], days: int) -> None:
    """Write folder/days/<date>/<source>/..., named after their date; leaves out empty files."""
    with open_database(folder) as shop:
        build_tables(shop, columns, NOW + days * DAY)
        shop.execute("create schema day")
        shop.execute("set search_path = 'day,main'")
        for number in range(1, days + 1):
            until = NOW + number * DAY
            for name, query in NARROWED.items():
                narrowed = query.format(since=until - DAY, until=until)
                shop.execute(f"create or replace view day.{name} as {narrowed}")
            day = (AS_OF + timedelta(days=number)).date()
            for path, query in FILES.items():
                plain = folder / "days" / f"{day}" / path.replace("_1.csv", ".csv")
                target = plain.with_stem(f"{plain.stem}_{day}")
                if not write(shop, target, query):
                    target.unlink()


def land_day(folder: Path, day: date) -> list[Path]:
    """Move a day's exports into the landing; returns the files, none if they have landed before."""
    waiting = folder / "days" / f"{day}"
    landed = []
    for file in sorted(path for path in waiting.rglob("*") if path.is_file()):
        target = folder / "landing" / file.relative_to(waiting)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, target)
        landed.append(target)
    return landed
