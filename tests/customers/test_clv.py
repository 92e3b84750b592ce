"""Expected orders and values are those of the published models, also at the edges of what shops are like."""

from pathlib import Path

import numpy as np
import pytest

from stammis.core.errors import FitError
from stammis.customers import clv
from tests.support.purchases import CDNOW, ONCE_MORE, TOLERANCE, cdnow_summary

BESIDE = {"abs": 0.0005}  # published to four digits, from parameters of four


def one(*values: float) -> list[np.ndarray]:
    return [np.array([value]) for value in values]


@pytest.fixture(scope="module")
def cdnow(channels_small: Path) -> dict[str, np.ndarray]:
    return cdnow_summary(channels_small.parent)


@pytest.fixture(scope="module")
def published(cdnow: dict[str, np.ndarray]) -> clv.Orders:
    return clv.fit_orders(cdnow["x"], cdnow["t_x"], cdnow["T"])


def test_cdnow_gives_the_published_parameters(published: clv.Orders) -> None:
    for name, value in {**CDNOW, "log_likelihood": -9582.429}.items():
        assert value == pytest.approx(getattr(published, name), abs=TOLERANCE[name]), name


def test_cdnow_is_foretold_as_published(published: clv.Orders, cdnow: dict[str, np.ndarray]) -> None:
    assert pytest.approx(clv.expected_orders(published, 39, *one(2, 30.43, 38.86))[0], abs=0.001) == 1.226
    newcomers = {0.1429: 0.0078, 1: 0.0532, 3: 0.1506, 31.8571: 1.0405, 32: 1.0437, 78: 1.858}
    for weeks, count in newcomers.items():
        assert count == pytest.approx(clv.expected_orders(published, weeks, *one(0, 0, 0))[0], **BESIDE)
    foretold = clv.expected_orders(published, 39, cdnow["x"], cdnow["t_x"], cdnow["T"])
    groups = np.minimum(cdnow["x"], 7)
    assert pytest.approx([foretold[groups == group].mean() for group in range(8)], **BESIDE) == ONCE_MORE


def test_cdnow_is_worth_what_was_published(cdnow: dict[str, np.ndarray]) -> None:
    again = cdnow["x"] > 0
    model = clv.fit_values(cdnow["x"][again], cdnow["zbar"][again])
    assert pytest.approx((model.p, model.q, model.v), abs=0.01) == (6.25, 3.74, 15.44)
    first = [24.66, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert first == pytest.approx(clv.expected_value(model, cdnow["x"][:10], cdnow["zbar"][:10]), abs=0.01)


def drawn_values(count: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Orders and mean values of `count` people, drawn by CDNOW's parameters."""
    dice = np.random.Generator(np.random.PCG64(7))
    orders = np.where(np.arange(count) % 2, 1, 4)
    return orders, dice.gamma(6.25 * orders, 1 / (dice.gamma(3.74, 1 / 15.44, count) * orders))


@pytest.mark.parametrize("free", [0.0, 1e-6, 0.01 / 35, np.nan], ids=["nothing", "a_floor", "a_cent", "unknown"])
@pytest.mark.parametrize("unit", [1, 1 / 35, 1000], ids=["money", "usual_orders", "small_coins"])
@pytest.mark.parametrize("count", [1, 20, 1500])
def test_free_orders_are_no_value(free: float, unit: float, count: int) -> None:
    orders, means = drawn_values()
    paid = clv.fit_values(orders, means * unit)
    with_free = clv.fit_values(np.append(orders, np.ones(count)), np.append(means * unit, np.full(count, free * unit)))
    assert with_free == paid


def test_a_cheap_order_is_a_value() -> None:
    orders, means = drawn_values()
    assert clv.fit_values(np.append(orders, 1), np.append(means, 0.5)) != clv.fit_values(orders, means)


def test_where_all_that_came_back_is_free_nothing_is_said() -> None:
    for means in (np.zeros(3), np.full(3, 1e-6), np.array([])):
        with pytest.raises(FitError, match="nobody who came back paid"):
            clv.fit_values(np.ones(len(means)), means)


def test_the_same_people_in_another_order_give_the_same_parameters() -> None:
    repeats, recency, age = np.array([[0, 0, 20], [1, 3, 30], [4, 25, 30], [0, 0, 9], [2, 8, 40]] * 40).T
    turned = clv.fit_orders(repeats[::-1], recency[::-1], age[::-1])
    assert clv.fit_orders(repeats, recency, age) == turned


def test_where_nobody_leaves_the_fit_settles_and_all_are_alive() -> None:
    dice = np.random.Generator(np.random.PCG64(7))
    repeats = dice.poisson(dice.gamma(2, 1 / 10, 3000) * 52)
    recency = np.where(repeats > 0, 52 * repeats / (repeats + 1), 0)
    age = np.full(3000, 52)
    model = clv.fit_orders(repeats, recency, age)
    assert model.a / (model.a + model.b) < 0.001
    assert (clv.alive(model, repeats, recency, age) > 0.99).all()
    assert repeats.sum() == pytest.approx(clv.expected_orders(model, 52, repeats, recency, age).sum(), rel=0.02)


def test_who_buys_every_day_is_no_overflow() -> None:
    model = clv.Orders(**CDNOW)
    (count,) = clv.expected_orders(model, 52, *one(700, 104, 104.5))
    assert 250 < count < 52 * 700 / 104
    (silent,) = clv.expected_orders(model, 52, *one(700, 104, 600))
    assert pytest.approx(silent) == 0


def test_at_a_of_one_the_formula_has_no_hole() -> None:
    around = [clv.expected_orders(clv.Orders(0.24, 4.4, a, 2.4), 52, *one(2, 30, 39))[0] for a in (0.999, 1.0, 1.001)]
    assert around[0] > around[1] > around[2]


def test_who_bought_once_is_a_customer_like_any_newcomer() -> None:
    assert list(clv.alive(clv.Orders(**CDNOW), *one(0, 0, 50))) == [1.0]
    model = clv.Values(6.25, 3.74, 15.44)
    assert list(clv.expected_value(model, *one(0, 0))) == [model.mean]
    assert model.mean == 6.25 * 15.44 / 2.74
