"""What a customer is worth from here on: BG/NBD says how often they will buy, Gamma-Gamma what an order brings.

Pure: columns of numbers in, parameters and columns of numbers out. Time is in weeks. A customer's history is
`repeats` (orders after the first), `recency` (from the first order to the last) and `age` (from the first order
to now). Equations: Fader, Hardie, Lee (2005), "Counting your customers the easy way"; Fader, Hardie (2013), "The
Gamma-Gamma model of monetary value". Fixed starts and sorted rows: the same history gives the same parameters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stammis.core.errors import FitError

Column = NDArray[Any]
PATIENCE = {"ftol": 1e-13, "gtol": 1e-6, "maxiter": 1000}
# Where nobody leaves, or all are alike, a parameter would walk on for ever; so far from its start it says no more.
REACH = 1e4
# An order of less than this share of the usual one was free: a gift, a sample, the cent that a voucher left.
FREE_SHARE = 1e-4
TINY = 1e-5  # no usual order is smaller, whatever it is counted in


@dataclass(frozen=True, slots=True)
class Orders:
    """BG/NBD: rates of buying are Gamma(r, alpha), the chance to leave after a repeat order is Beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = 0.0


@dataclass(frozen=True, slots=True)
class Values:
    """Gamma-Gamma: an order's value is Gamma(p, v'), where v' differs between people as Gamma(q, v)."""

    p: float
    q: float
    v: float
    log_likelihood: float = 0.0

    @property
    def mean(self) -> float:
        """The value of an order of somebody we know nothing about."""
        return self.p * self.v / (self.q - 1)


def fit_orders(repeats: Column, recency: Column, age: Column) -> Orders:
    """The four parameters that make these histories likeliest. Raises FitError where they do not settle."""
    from scipy.special import betaln, gammaln

    (x, last, now), weight = _patterns(repeats, recency, age)
    again = x > 0

    def log_likelihood(r: float, alpha: float, a: float, b: float) -> float:
        bought = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stayed = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + now)
        left = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + last)
        return float((weight * (bought + np.where(again, np.logaddexp(stayed, left), stayed))).sum())

    return Orders(*_likeliest(log_likelihood, (1.0, max(float(age.mean()) / 4, 1.0), 0.1, 1.0)))


def fit_values(orders: Column, mean_value: Column) -> Values:
    """From how many orders each mean stands on, and the means (any one unit). Raises FitError.

    Means of free orders are left out: a Gamma has no zero, and one near it moves the parameters of a whole shop.
    """
    from scipy.special import gammaln

    is_paid = (orders > 0) & ~is_free(mean_value)
    if not is_paid.any():
        raise FitError("nobody who came back paid for it: nothing says what an order is worth")
    (x, z), weight = _patterns(orders[is_paid], mean_value[is_paid])

    def log_likelihood(p: float, above_one: float, v: float) -> float:
        q = 1 + above_one  # else there is no mean
        shape = gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
        scale = q * np.log(v) + (p * x - 1) * np.log(z) + p * x * np.log(x) - (p * x + q) * np.log(v + x * z)
        return float((weight * (shape + scale)).sum())

    p, above_one, v, found = _likeliest(log_likelihood, (2.0, 2.0, float(mean_value[is_paid].mean())))
    return Values(p, 1 + above_one, v, found)


def is_free(mean_value: Column) -> Column:
    """Which means are next to nothing beside the usual one, the median of those above zero."""
    above = mean_value[mean_value > TINY]
    free: Column = ~(mean_value > FREE_SHARE * (np.median(above) if above.size else np.inf))
    return free


def alive(model: Orders, repeats: Column, recency: Column, age: Column) -> Column:
    """How likely each is still a customer, 0 to 1. Who bought once has had no chance to leave: 1."""
    from scipy.special import expit

    odds = np.log(model.a / (model.b + np.maximum(repeats, 1) - 1))
    odds = odds + (model.r + repeats) * np.log((model.alpha + age) / (model.alpha + recency))
    chance: Column = np.where(repeats > 0, expit(-odds), 1.0)
    return chance


def expected_orders(model: Orders, weeks: float, repeats: Column, recency: Column, age: Column) -> Column:
    """How many orders each will make within the next `weeks`. Of a history of zeros: what a newcomer will."""
    from scipy.special import hyp2f1

    r, b = model.r, model.b
    a = model.a if abs(model.a - 1) > 1e-6 else 1 + 1e-6  # at 1 the formula is 0/0, beside it smooth
    share = weeks / (model.alpha + age + weeks)
    # Euler's transformation of the published 2F1(r + x, b + x; a + b + x - 1): no overflow for frequent buyers
    unchanged = (1 - share) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + repeats - 1, share)
    orders = (a + b + repeats - 1) / (a - 1) * (1 - unchanged)
    count: Column = alive(model, repeats, recency, age) * orders
    return count


def expected_value(model: Values, orders: Column, mean_value: Column) -> Column:
    """What an order of each will be worth: their own mean, drawn to everybody's the fewer orders it stands on."""
    value: Column = model.p * (model.v + orders * mean_value) / (model.p * orders + model.q - 1)
    return value


def _patterns(*columns: Column) -> tuple[Column, Column]:
    """Distinct histories and how many have each: a million people bought on few different days."""
    found, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    return found.T, counts


def _likeliest(log_likelihood: Callable[..., float], starts: Sequence[float]) -> tuple[float, ...]:
    """(parameters, log-likelihood) at the top, walking on logarithms so that all stay above zero."""
    from scipy.optimize import minimize

    logs = np.log(starts)
    top = minimize(
        lambda here: -log_likelihood(*np.exp(here)),
        logs,
        method="L-BFGS-B",
        options=PATIENCE,
        bounds=[(start - np.log(REACH), start + np.log(REACH)) for start in logs],
    )
    if top.nit >= PATIENCE["maxiter"] or not np.isfinite(top.fun):
        raise FitError("the orders so far do not say how people buy and leave: the parameters do not settle")
    return *map(float, np.exp(top.x)), float(-top.fun)
