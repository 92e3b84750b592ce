"""The demo shop "Lindvall": a Nordic home-ware shop of any size, invented from a seed.

Numbers are drawn as columns (people, personas), texts and files are written by DuckDB (exports,
truth). The same customers, seed and versions of numpy and duckdb give the same bytes.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator

from stammis.core.errors import InputError
from stammis.demo import exports, programme
from stammis.demo import truth as known_truth
from stammis.demo.days import join_columns, land_day, live_on, write_days
from stammis.demo.kinds import write_kinds, write_later_day
from stammis.demo.names import COUNTRIES
from stammis.demo.people import (
    AS_OF,
    NOW,
    Column,
    Columns,
    invent_membership,
    invent_newsletters,
    invent_orders,
    invent_people,
    list_newsletters,
)
from stammis.demo.plants import (
    NAMES,
    come_due_by_kind,
    count_personas,
    plant_interest,
    plant_membership,
    plant_people,
)
from stammis.demo.tables import build_tables, list_kinds, open_database, price_list, summarise, write

__all__ = ["AS_OF", "ShopReport", "check_room", "land_day", "write_shop"]


@dataclass(frozen=True, slots=True)
class ShopReport:
    """What was written: `rows` per file (path below `landing`), `planted` people per persona."""

    landing: Path
    truth: Path
    customers: int
    rows: dict[str, int]
    planted: dict[str, int]


def write_shop(folder: Path, customers: int = 300, seed: int = 7, plain: bool = False, days: int = 0) -> ShopReport:
    """Write two years of exports up to AS_OF to folder/landing, and the truth about them to folder/truth.

    Formats are those the sources themselves export. `plain` leaves the planted people out. Each of `days` later
    days has its exports in folder/days/<date>, for land_day; they change nothing before them. Files of the same
    name are overwritten, others are left alone. Raises InputError for a shop too small for its planted people.
    """
    check_room(customers, plain)
    planted = 0 if plain else count_personas(customers)
    dice = Generator(PCG64(seed))
    people = invent_people(dice, customers)
    orders = invent_orders(dice, people, customers - planted)
    if planted:
        orders = plant_people(dice, people, orders, customers - planted)
    orders = in_order_of_time(orders)
    invent_membership(dice, people, orders)
    if planted:
        plant_membership(dice, people)
    sends = invent_newsletters(dice, people, list_newsletters())
    if planted:
        plant_interest(people, sends)
    people["phone_rank"] = deal_numbers(people)
    baskets = fill_baskets(dice, people, orders)
    if planted:
        orders = come_due_by_kind(people, orders, baskets, list_kinds())
    columns = {
        "invented_people": people,
        "invented_orders": orders,
        "invented_lines": baskets,
        "sends": sends,
        "later_texts": {name: np.zeros(0, dtype=np.int64) for name in ("person", "said_at")},
    }
    with open_database(folder) as shop:
        build_tables(shop, columns, NOW)
        for statement in (*programme.TABLES, *known_truth.TABLES):
            shop.execute(statement)
        landing, truth = folder / "landing", folder / "truth"
        rows = {path: write(shop, landing / path, query) for path, query in exports.FILES.items()}
        for path, query in known_truth.FILES.items():
            write(shop, truth / path, query)
        summary = summarise(shop)
    if planted:
        rows |= write_kinds(landing, truth)
    else:
        (truth / "kinds.csv").unlink(missing_ok=True)
    if days:
        later = Generator(PCG64([seed, days]))
        future = live_on(later, columns, days)
        future["invented_people"]["phone_rank"] = deal_numbers(future["invented_people"])
        fresh = {name: values[len(orders["person"]) :] for name, values in future["invented_orders"].items()}
        baskets = fill_baskets(later, future["invented_people"], fresh)
        baskets["number"] += len(orders["person"])
        future["invented_lines"] = join_columns(columns["invented_lines"], baskets)
        write_days(folder, future, days)
    for number in range(1, days + 1 if planted else 1):
        write_later_day(folder, number)
    report = ShopReport(landing, truth, customers, rows, count_names(people))
    summary |= {"asof": AS_OF.isoformat(), "seed": seed, "rows": rows, "planted": report.planted}
    (truth / "summary.json").write_text(json.dumps(summary, indent=1, default=str) + "\n", encoding="utf-8")
    return report


def check_room(customers: int, plain: bool = False) -> None:
    """Raises InputError for a shop too small for its planted people. `plain` leaves them out."""
    planted = 0 if plain else count_personas(customers)
    if customers < planted + 1:
        raise InputError(
            f"A demo shop of {customers} customers has no room for its {planted} planted people: "
            f"ask for at least {planted + 1} customers, or leave them out with --plain."
        )


def in_order_of_time(orders: Columns) -> Columns:
    """Sort the orders, oldest first, and number them from 0."""
    turn = np.lexsort((orders["person"], orders["sold_at"]))
    return {"number": np.arange(len(turn))} | {name: column[turn] for name, column in orders.items()}


def deal_numbers(people: Columns) -> Column:
    """Give everyone a place among their country's phone numbers; planted people get the fiction numbers first."""
    rank = np.zeros(len(people["person"]), dtype=np.int64)
    first = np.argsort(people["plant"] < 0, kind="stable")
    owners = first[(people["has_phone"] & (people["phone_of"] == people["person"]))[first]]
    for country in range(len(COUNTRIES)):
        held = owners[people["country"][owners] == country]
        rank[held] = np.arange(len(held))
    shared: Column = rank[people["phone_of"]]
    return shared


def fill_baskets(dice: Generator, people: Columns, orders: Columns) -> Columns:
    """Fill orders with lines worth about what Gamma-Gamma draws for this person's order.

    Each line takes its share of the order's value: of the product priced nearest to it and two neighbours, the
    more popular one.
    """
    count = len(orders["person"])
    spread = dice.gamma(3.74, 1 / 15.44, len(people["person"]))
    worth = dice.gamma(6.25, 1 / spread[orders["person"]])
    sizes = 1 + dice.poisson(1.5, count)
    number = np.repeat(np.arange(count), sizes)
    line = np.arange(len(number)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    country = people["country"][orders["person"]][number]
    prices = price_list()
    rates = np.array([market.rate for market in COUNTRIES])
    wanted = (worth / sizes)[number] * dice.uniform(0.5, 1.5, len(number)) * rates[country] * 100
    product = np.zeros(len(number), dtype=np.int64)
    for position in range(len(COUNTRIES)):
        here = country == position
        shelf = np.argsort(prices[:, position], kind="stable")
        near = np.searchsorted(prices[shelf, position], wanted[here])
        seen = shelf[np.clip(near + dice.integers(-7, 8, (2, int(here.sum()))), 0, len(shelf) - 1)]
        product[here] = np.where(seen[0] * 37 % len(shelf) < seen[1] * 37 % len(shelf), seen[0], seen[1])
    price = prices[product, country]
    quantity = np.clip(np.rint(wanted / price), 1, 6).astype(np.int64)
    return {"number": number, "line_no": line + 1, "product": product, "quantity": quantity, "price": price}


def count_names(people: Columns) -> dict[str, int]:
    """Count the people of each persona."""
    counts = np.bincount(people["plant"][people["plant"] >= 0], minlength=len(NAMES))
    return {name: int(count) for name, count in zip(NAMES, counts, strict=True) if count}
