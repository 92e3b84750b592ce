"""What holds of money, whatever is sold: any sum is that of the kept lines, and what came back whole leaves nothing."""

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from stammis import intake
from stammis.core.settings import Settings
from stammis.demo import AS_OF
from stammis.demo.kinds.files import write_file
from stammis.demo.kinds.records import DAY, Record, api_order, receipt, refund, sheet, thing, woo_order
from stammis.run import cycle as cycles
from stammis.warehouse import published
from stammis.warehouse.tables import PUBLIC_TABLES
from tests.support.made_up_sales import NOTHING, PEOPLE, Unit, buyer_of, people, price_of, sales_of, text_of, woo_refund
from tests.support.places import SEEDS, TEMPLATES, settings_in

SALES, TRIPS, WAYS, PARTS = 1200, 150, 4, 4
LOGS = {"orders", "order_lines", "customer_events", "points_movements", "order_discounts", "identifiers"}
AUDIENCES = [f"audience_{path.parent.name}" for path in sorted(TEMPLATES.glob("*/journey.yaml"))]
OF_RUNS = {"landing_report", "customer_aliases", "identity_changes"}  # they tell of ids, which the log may change
GROUPINGS = {
    "order": "orders.order_id",
    "source": "orders.source",
    "channel": "orders.order_channel",
    "day": "cast(cast(orders.ordered_at as date) as varchar)",
    "buyer": "known.identifier",
    "country": "orders.country",
    "nothing": "'all'",
}


def sums_are_of_kept_lines(work: Path, samples: Path) -> str:
    """Issue 15: sums of money over any grouping equal the sum of kept lines, per currency."""
    settings, dice = settings_in(work / "sums"), random.Random(15)
    sales = sales_of(dice, SALES)
    _land(settings, [*people(), *(unit for sale in sales for unit in sale.units)], dice)
    _decide(settings)
    for grouping, expression in GROUPINGS.items():
        wanted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for sale in sales:
            wanted[sale.group(grouping), sale.currency] += sale.net
        found = _asked(
            settings,
            f"select {expression} as grouped, orders.currency as currency, sum(orders.net_total) as amount "
            "from {orders} as orders left join {identifiers} as known on orders.customer_id = known.customer_id "
            "and known.identifier_type = 'email' group by all",
        )
        _same(f"orders by {grouping}", wanted, found)
    kept: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for sale in sales:
        kept[sale.buyer, sale.currency] += max(sale.net, NOTHING)
    found = _asked(
        settings,
        "select identifier as grouped, currency, net_total as amount from {customer_totals} "
        "inner join {identifiers} using (customer_id) where identifier_type = 'email'",
    )
    _same("customer_totals", kept, found)
    with (SEEDS / "line_kinds.csv").open(encoding="utf-8") as rows:
        sold = ", ".join(f"'{row['kind']}'" for row in csv.DictReader(rows) if row["is_sale"] == "true")
    found = _asked(
        settings,
        "select order_id as grouped, currency, sum(line_total) as amount from {order_lines} "
        f"where kind in ({sold}) and not is_returned and order_id not like 'pos:S8/1/B%' group by all",
    )
    whole = {order for order, _ in found}  # lines of an order that was paid back whole are returned
    lines = {(sale.order, sale.currency): sum(sale.lines, NOTHING) for sale in sales if sale.order in whole}
    _same("order_lines", lines, found)
    differing = published.rows(
        settings,
        "select customer_id, any_value(people.net_total) as told, sum(home_total) as summed from {customers} as people "
        "inner join {orders} as orders using (customer_id) where is_kept group by customer_id having told <> summed",
    )
    assert not differing, differing[:3]
    totals = {currency: amount for (_, currency), amount in sorted(wanted.items())}
    return f"{len(sales)} orders by {len(GROUPINGS)} groupings, {len(lines)} by their lines; {dict(totals)}"


def _asked(settings: Settings, query: str) -> dict[tuple[str, str], Decimal]:
    return {(row["grouped"], row["currency"]): Decimal(row["amount"]) for row in published.rows(settings, query)}


def _same(what: str, wanted: dict[tuple[str, str], Decimal], found: dict[tuple[str, str], Decimal]) -> None:
    unlike = [
        (key, wanted.get(key, NOTHING), found.get(key, NOTHING))
        for key in wanted.keys() | found.keys()
        if wanted.get(key, NOTHING) != found.get(key, NOTHING)
    ]
    assert not unlike, f"{what}: {len(unlike)} of {len(wanted)} differ, such as {sorted(unlike, key=str)[:4]}"


def there_and_back(dice: random.Random, number: int) -> tuple[Unit, Unit]:
    """A purchase and its whole return, by one of six ways; each unit may land alone, and in either order."""
    buyer, days, price = buyer_of(dice.randrange(PEOPLE)), dice.randrange(90, 300), price_of(dice)
    # an article of its own: what somebody ever brought back is no favourite of theirs, however much of it they keep
    back, way, article = days - dice.randrange(1, 60), number % 6, f"BACK-{number}"
    if way == 0:
        order = api_order(number, buyer, days, text_of(price), line_items=[thing(text_of(price), sku=article)])
        paid_back = refund(number, back, text_of(price), dice.choice(["0.00", "59.00"]))
        changes = {"financial_status": "refunded", "refunds": [paid_back], "updated_at": paid_back["created_at"]}
        return (order,), ((order[0], order[1] | changes),)
    if way == 1:
        order = sheet(number, buyer, days, text_of(price), Lineitem_sku=article)
        # which of two versions is newer, the number of the file says
        return (order,), ((order[0], order[1] | {"Financial Status": "refunded", "Refunded Amount": text_of(price)}),)
    if way == 2:
        line = {"sku": article, "name": "Vas", "quantity": 1, "total": text_of(price), "total_tax": "0.00"}
        order = woo_order(number, buyer, days, text_of(price), line_items=[line])
        return (order,), (woo_refund(number, back, price, NOTHING),)
    bought = (article, "Vas", 2, text_of(2 * price), "sale")
    returned = (article, "Vas", -2, f"-{text_of(2 * price)}", "return")
    about = {"member_email": buyer, "return_of": ""}
    by_receipt = about | {"return_of": f"R{number}"} if way == 3 else about
    halves = [returned] if way < 5 else [(article, "Vas", -1, f"-{text_of(price)}", "return")] * 2
    return tuple(receipt(f"R{number}", days, bought, **about)), tuple(
        receipt(f"B{number}", back, *halves, **by_receipt)
    )


def what_came_back_leaves_nothing(work: Path, samples: Path) -> str:
    """Issue 15: a purchase and its whole return leave all as it was but the log, in any order and split of files."""
    dice = random.Random(16)
    units = [*people(), *(unit for sale in sales_of(dice, SALES // 4) for unit in sale.units)]
    trips = [there_and_back(dice, 850_000 + number) for number in range(TRIPS)]
    without = settings_in(work / "without")
    _land(without, units, random.Random(0))
    wanted, ways = _marts(without), []
    for way in range(WAYS):
        settings, dice = settings_in(work / f"with_{way}"), random.Random(way)
        _land(settings, units, dice, trips)
        ways.append(_marts(settings))
    differing = {
        table: [sorted(wanted[table] - rows)[:2], sorted(rows - wanted[table])[:2]]
        for found in ways
        for table, rows in found.items()
        if table not in LOGS and wanted[table] != rows
    }
    assert not differing, differing
    unlike = [table for table in ways[0] if any(found[table] != ways[0][table] for found in ways)]
    assert not unlike, f"the order of landing made other {unlike}"
    return f"{TRIPS} purchases that came back, landed in {WAYS} ways; {len(wanted) - len(LOGS)} tables as without them"


def _land(
    settings: Settings, units: Iterable[Unit], dice: random.Random, trips: Iterable[tuple[Unit, Unit]] = ()
) -> None:
    """Land the units in parts of each file, in any order and over one to three days."""
    parts: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for unit in units:
        parts[unit[0][0], dice.randrange(PARTS)] += unit
    for bought, back in trips:
        places = dice.sample(range(PARTS), 2)
        if bought[0][0] == back[0][0] and bought[0][0].endswith("export_2.csv"):
            places.sort()  # which of two versions is newer, the number of the file says
        for unit, place in zip((bought, back), places, strict=True):
            parts[unit[0][0], place] += unit
    files = sorted(parts.items())
    dice.shuffle(files)
    days = dice.randrange(1, 4)
    for day in range(days):
        for (path, part), records in files[day::days]:
            name = path.replace(f"_{DAY}", "").replace("_2.csv", ".csv").replace(".", f"_{DAY}_{part}.")
            write_file(settings.landing / name, path, [row for _, row in records])
        intake.ingest(settings, AS_OF)


def _decide(settings: Settings) -> None:
    cycle = cycles.Cycle(settings, AS_OF)
    for name, phase in cycles.PHASES:
        if name not in ("reconcile", "deliver"):
            phase(cycle)


def _marts(settings: Settings) -> dict[str, Counter[str]]:
    """The rows of each public table that a run makes of facts, whatever their order, people by their address."""
    _decide(settings)
    known = published.rows(settings, "select * from {identifiers} where identifier_type = 'email'")
    buyers = {row["customer_id"]: row["identifier"] for row in known}
    return {
        table: Counter(
            str(row | ({"customer_id": buyers.get(row["customer_id"])} if "customer_id" in row else {}))
            for row in published.rows(settings, f"select * from {{{table}}}")
        )
        for table in (*sorted(set(PUBLIC_TABLES) - OF_RUNS), *AUDIENCES)
    }
