"""The demo shop's database: loads columns and words as tables, and writes queries as files."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from stammis.core.sql import literal
from stammis.demo import costs, tables_sql, truth, visits
from stammis.demo.names import (
    CATALOGUE,
    CHATTER,
    CITIES,
    COUNTRIES,
    DOMAINS,
    FIRST_NAMES,
    LAST_NAMES,
    REVIEWS,
    SERIES,
    STREETS,
)
from stammis.demo.people import Column, Columns
from stammis.demo.plants import NAMES

Shop = duckdb.DuckDBPyConnection


def open_database(folder: Path) -> Shop:
    """Open an empty database. A shop larger than memory spills beside its files."""
    return duckdb.connect(config={"temp_directory": str(folder / ".spill")})


def build_tables(shop: Shop, columns: dict[str, Columns], horizon: int) -> None:
    """Build every table up to second `horizon`, from invented_people, _orders, _lines, sends, later_texts."""
    shop.execute("set TimeZone = 'UTC'")
    shop.execute(f"set variable horizon = {horizon}")
    for name, values in columns.items():
        load(shop, name, values)
    name_things(shop)
    for statement in (*tables_sql.TABLES, *visits.TABLES, *costs.TABLES):
        shop.execute(statement)


def load(shop: Shop, name: str, columns: Columns) -> None:
    """Load columns of one length as a table."""
    arriving = pa.table({column: pa.array(np.ascontiguousarray(values)) for column, values in columns.items()})
    shop.register("arriving", arriving)
    shop.execute(f"create table {name} as select * from arriving")
    shop.unregister("arriving")


def list_words() -> Iterator[tuple[str, int, int, str]]:
    """Yield (kind, country, position, word) of every list that people and messages are made from."""
    for kind, texts, separator in (
        ("first", FIRST_NAMES, " "),
        ("last", LAST_NAMES, " "),
        ("street", STREETS, "|"),
        ("city", CITIES, "|"),
        ("review", REVIEWS, "\n"),
        ("chatter", CHATTER, "\n"),
    ):
        for country, market in enumerate(COUNTRIES):
            for position, word in enumerate(texts[market.code].split(separator)):
                yield kind, country, position, word
    for position, domain in enumerate(DOMAINS):
        yield "domain", -1, position, domain


def name_things(shop: Shop) -> None:
    """Load the tables of what the numbers stand for: countries, words, products, personas."""
    markets = {name: np.array([getattr(market, name) for market in COUNTRIES]) for name in COUNTRIES[0]._fields}
    load(shop, "countries", {"country": np.arange(len(COUNTRIES))} | markets)
    words = zip(("kind", "country", "spot", "word"), zip(*list_words(), strict=True), strict=True)
    load(shop, "words", {name: np.array(values) for name, values in words})
    items = [(kind, item.split(":")[0]) for kind, items in CATALOGUE.items() for item in items.split("|")]
    goods = [(f"{item} {series}", kind) for kind, item in items for series, _ in SERIES]
    names, kinds = (np.array(column) for column in zip(*goods, strict=True))
    at_home = price_list()[:, 0]
    load(shop, "products", {"product": np.arange(len(goods)), "product_name": names, "kind": kinds, "ore": at_home})
    load(shop, "plants", {"plant": np.arange(len(NAMES)), "plant_name": np.array(NAMES)})


def list_kinds() -> Column:
    """The kind of each product, in the order of the price list."""
    return np.array([kind for kind, items in CATALOGUE.items() for _ in items.split("|") for _ in SERIES])


def price_list() -> Column:
    """Return shelf prices in hundredths, one row per product, one column per country."""
    whole = [int(item.split(":")[1]) for items in CATALOGUE.values() for item in items.split("|")]
    crowns = np.array([price * factor for price in whole for _, factor in SERIES])
    columns = []
    for country in COUNTRIES:
        steps = np.maximum(np.rint(crowns * 100 * country.rate / COUNTRIES[0].rate / country.price_step), 1)
        columns.append(steps.astype(np.int64) * country.price_step - country.price_tail)
    return np.stack(columns, axis=1)


def write(shop: Shop, path: Path, query: str) -> int:
    """Write a query as CSV or, if it has only a column `line`, as plain lines. Returns the row count."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_lines = shop.execute(f"describe {query}").fetchall()[0][0] == "line"
    form = "header false, quote '', escape '', delimiter E'\\x07'" if is_lines else "header, delimiter ','"
    shop.execute(f"copy ({query}) to {literal(path)} (format csv, {form})")
    written: tuple[int] = shop.fetchone() or (0,)
    return written[0]


def summarise(shop: Shop) -> dict[str, object]:
    """Return the shop in figures, as truth/summary.json has them."""
    answer = shop.execute(truth.SUMMARY)
    names = [column[0] for column in answer.description or []]
    return dict(zip(names, answer.fetchone() or (), strict=True))
