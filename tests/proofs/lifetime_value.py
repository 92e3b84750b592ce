"""What customers are worth: CDNOW's published figures, and the demo's own, found again in what it writes."""

import csv
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from stammis.customers import clv
from stammis.customers.valuation import read_histories, value_customers
from stammis.demo import AS_OF, write_shop
from tests.support.places import SAMPLES
from tests.support.purchases import (
    CDNOW,
    CDNOW_AS_OF,
    ONCE_MORE,
    RUN_ID,
    TOLERANCE,
    Purchase,
    cdnow_purchases,
    cdnow_summary,
    publish,
)

WEEK_SECONDS = 7 * 86400


def cdnow_is_as_published(work: Path, samples: Path) -> str:
    """Issue 5: CDNOW's parameters, log-likelihood, E[Y(39)], Gamma-Gamma and holdout table are as published."""
    settings = publish(work / "cdnow", cdnow_purchases(SAMPLES), CDNOW_AS_OF)
    fit = value_customers(settings)  # its own split is the published one
    people = read_histories(settings, fit.calibrated_until, RUN_ID)
    history = people["repeats"], people["recency"], people["age"]
    summary = cdnow_summary(SAMPLES)
    for ours, theirs in zip(history, ("x", "t_x", "T"), strict=True):
        assert np.allclose(np.sort(ours), np.sort(summary[theirs]), atol=0.005), theirs
    model = clv.fit_orders(*history)
    for name, value in {**CDNOW, "log_likelihood": -9582.4}.items():
        assert abs(getattr(model, name) - value) <= TOLERANCE[name], (name, getattr(model, name))
    (example,) = clv.expected_orders(model, 39, *(np.array([number]) for number in (2, 30.43, 38.86)))
    assert abs(example - 1.226) <= 0.001, example
    expected = clv.expected_orders(model, 39, *history)
    table = [float(expected[np.minimum(people["repeats"], 7) == group].mean()) for group in range(8)]
    assert np.allclose(table, ONCE_MORE, atol=0.001), table
    again = summary["x"] > 0
    values = clv.fit_values(summary["x"][again], summary["zbar"][again])
    assert np.allclose((values.p, values.q, values.v), (6.25, 3.74, 15.44), atol=0.01), values
    return (
        f"r {model.r:.4f}, alpha {model.alpha:.4f}, a {model.a:.4f}, b {model.b:.4f}, LL {model.log_likelihood:.2f}; "
        f"E[Y(39)] {example:.4f}; {values.p:.2f} / {values.q:.2f} / {values.v:.2f}; "
        f"{fit.holdout_expected_count:.2f} expected in the holdout, {fit.holdout_order_count} came"
    )


def free_repeats_change_no_value(work: Path, samples: Path) -> str:
    """Issue 15: CDNOW with free repeat orders added, of every tenth purchase: p, q, v as without them."""
    bought = list(cdnow_purchases(SAMPLES))
    free = [
        Purchase(each.customer_id, each.ordered_at + timedelta(days=days), Decimal(0))
        for days in (4, 11)
        for each in bought[::10]
        if each.ordered_at + timedelta(days=days) < CDNOW_AS_OF
    ]
    paid = value_customers(publish(work / "cdnow_paid", bought, CDNOW_AS_OF))
    fit = value_customers(publish(work / "cdnow_free", bought + free, CDNOW_AS_OF))
    assert fit.order_count > paid.order_count, "the free ones are orders"
    assert (fit.p, fit.q, fit.v) == (paid.p, paid.q, paid.v), (fit, paid)
    return f"{len(free)} free orders more: {fit.p:.3f} / {fit.q:.3f} / {fit.v:.3f}, to the last digit"


def the_demo_is_what_it_was_drawn_from(work: Path, samples: Path) -> str:
    """Data.md: BG/NBD fitted again to a plain demo shop of 50,000 customers finds r and alpha within 5 %."""
    write_shop(work / "plain", customers=50_000, plain=True)
    bought: dict[str, list[float]] = {}
    with (work / "plain" / "truth" / "orders.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["channel"] != "pos_return":
                moment = datetime.fromisoformat(row["ts"]).replace(tzinfo=None)
                bought.setdefault(row["person_id"], []).append((AS_OF - moment).total_seconds() / WEEK_SECONDS)
    repeats = np.array([len(weeks) - 1 for weeks in bought.values()])
    age = np.array([max(weeks) for weeks in bought.values()])
    recency = age - np.array([min(weeks) for weeks in bought.values()])
    model = clv.fit_orders(repeats, recency, age)
    for name in ("r", "alpha"):
        assert abs(getattr(model, name) / CDNOW[name] - 1) <= 0.05, (name, getattr(model, name))
    return f"{len(bought):,} people: r {model.r:.4f} of {CDNOW['r']}, alpha {model.alpha:.3f} of {CDNOW['alpha']}"
