"""Purchase histories: CDNOW's as published, simulated ones, and a published run that holds nothing but orders."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.random import PCG64, Generator
from pyarrow import parquet

from stammis.core.settings import Settings
from stammis.demo.people import AS_OF

RUN_ID = "20251210T090000Z-1"
DAYS = 730
CDNOW_AS_OF = datetime(1998, 6, 30)  # noqa: DTZ001  naive UTC, like every stored time
CDNOW = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}  # Fader, Hardie, Lee (2005)
TOLERANCE = {"r": 0.002, "alpha": 0.01, "a": 0.01, "b": 0.01, "log_likelihood": 0.05}
ONCE_MORE = (0.2251, 0.5231, 1.0441, 1.5203, 2.1639, 2.6538, 3.504, 6.1572)  # the holdout table: 0 to 6, 7 and more


class Purchase(NamedTuple):
    customer_id: str | None
    ordered_at: datetime
    net_total: Decimal
    currency: str = "USD"
    is_kept: bool = True


def cdnow_summary(samples: Path) -> dict[str, np.ndarray]:
    """x, t_x, T and zbar of the 2,357 customers, in the weeks up to 1997-09-30."""
    columns = np.genfromtxt(
        samples / "cdnow" / "cdnow_customers_summary_with_transactions.csv", delimiter=",", names=True
    )
    return {name: columns[name] for name in ("x", "t_x", "T", "zbar")}


def cdnow_purchases(samples: Path) -> Iterator[Purchase]:
    """The 6,919 transactions themselves: customer, day, dollars."""
    for line in (samples / "cdnow" / "CDNOW_sample.txt").read_text().splitlines():
        _, customer, day, _, dollars = line.split()
        yield Purchase(customer, datetime.strptime(day, "%Y%m%d"), Decimal(dollars))  # noqa: DTZ007


def simulated_purchases(count: int, seed: int = 7, currencies: tuple[str, ...] = ("USD",)) -> Iterator[Purchase]:
    """What `count` people buy in two years without seasons; in each next currency things cost ten times as much."""
    dice = Generator(PCG64(seed))
    rates, leaves = dice.gamma(0.243, 1 / 4.414, count) / 7, dice.beta(0.793, 2.426, count)
    spread = dice.gamma(3.74, 1 / 15.44, count)
    for person in range(count):
        day, rank, is_first = dice.uniform(0, DAYS), person % len(currencies), True
        while day < DAYS:
            worth = max(dice.gamma(6.25, 1 / spread[person]), 0.01) * 10**rank
            bought_at = AS_OF - timedelta(days=DAYS - day)
            yield Purchase(f"c{person:06}", bought_at, Decimal(f"{worth:.2f}"), currencies[rank])
            stays = is_first or dice.random() >= leaves[person]
            is_first = False
            day += dice.exponential(1 / max(rates[person], 1e-12)) if stays else DAYS


def publish(data: Path, purchases: Iterable[Purchase], as_of: datetime = AS_OF) -> Settings:
    """A data folder whose current run published these orders."""
    settings = Settings(data=data, landing=data / "landing")
    folder = settings.published / RUN_ID
    folder.mkdir(parents=True)
    rows = sorted(purchases, key=lambda purchase: purchase.ordered_at)
    orders = {name: [getattr(row, name) for row in rows] for name in Purchase._fields}
    orders["net_total"] = pa.array(orders["net_total"], pa.decimal128(18, 2))
    last = {row.customer_id: row.currency for row in rows if row.customer_id}
    tables = {
        "orders": orders,
        "customers": {"customer_id": list(last), "currency": list(last.values())},
        "clock": {"as_of": [as_of], "run_id": [RUN_ID]},
    }
    for name, columns in tables.items():
        parquet.write_table(pa.table(columns), folder / f"{name}.parquet")
    (settings.published / "current").symlink_to(RUN_ID)
    return settings
