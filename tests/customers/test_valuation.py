"""A shop's own orders become a score for each customer, by a fit that is whole or not there, and never in the way."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from flows import fit_clv
from stammis import warehouse
from stammis.core.errors import FitError
from stammis.core.settings import Settings
from stammis.customers import clv, valuation
from stammis.demo.people import AS_OF
from stammis.ledger import open_ledger
from stammis.warehouse.tables import CLV_FITS, CLV_SCORES
from stammis.warehouse.valuations import valuation_relations, write_valuation
from tests.support.command_line import invoke
from tests.support.purchases import (
    CDNOW,
    CDNOW_AS_OF,
    TOLERANCE,
    Purchase,
    cdnow_purchases,
    publish,
    simulated_purchases,
)

LATER = timedelta(minutes=15)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, valuation.Fit]:
    """Two currencies, 3,000 people, fitted."""
    settings = publish(tmp_path_factory.mktemp("shop"), simulated_purchases(3000, currencies=("EUR", "SEK")))
    return settings, valuation.value_customers(settings)


def read(settings: Settings, table: str, as_of: datetime, what: str = "*") -> list[tuple]:
    return duckdb.sql(f"select {what} from ({valuation_relations(settings, as_of)[table]})").fetchall()


def test_cdnow_with_its_own_split_gives_the_published_backtest(channels_small: Path, tmp_path: Path) -> None:
    settings = publish(tmp_path, cdnow_purchases(channels_small.parent), CDNOW_AS_OF)
    fit = valuation.value_customers(settings)
    assert (str(fit.calibrated_until), fit.holdout_weeks, fit.calibrated_count) == ("1997-09-30", 39.0, 2357)
    assert fit.holdout_order_count == 1882
    assert pytest.approx(fit.holdout_expected_count, abs=0.1) == 1653.41
    people = valuation.read_histories(settings, fit.calibrated_until, fit.run_id)
    model = clv.fit_orders(people["repeats"], people["recency"], people["age"])
    assert pytest.approx({name: getattr(model, name) for name in CDNOW}, abs=TOLERANCE["r"]) == CDNOW


def test_everybody_who_bought_has_one_score_in_their_own_money(shop: tuple[Settings, valuation.Fit]) -> None:
    settings, fit = shop
    scores = read(settings, "clv_scores", AS_OF, "customer_id, currency, expected_order_value, scored_at")
    assert fit.customer_count == len(scores) == len({customer for customer, *_ in scores}) == 3000
    assert {scored_at for *_, scored_at in scores} == {AS_OF}
    means = {
        currency: sum(value for _, known, value, _ in scores if known == currency) / 1500 for currency in ("EUR", "SEK")
    }
    assert 9 < means["SEK"] / means["EUR"] < 11, "what costs ten times as much is worth ten times as much"


def test_a_clv_is_orders_times_value_to_the_cent(shop: tuple[Settings, valuation.Fit]) -> None:
    columns = "clv, expected_order_count, expected_order_value, typeof(clv), alive_probability"
    for worth, count, value, kind, alive in read(shop[0], "clv_scores", AS_OF, columns):
        assert kind == "DECIMAL(18,2)"
        assert float(worth) == pytest.approx(count * float(value), abs=0.01 + 0.005 * count)
        assert 0 <= alive <= 1


def test_the_backtest_says_how_far_off_it_was(shop: tuple[Settings, valuation.Fit]) -> None:
    fit = shop[1]
    assert fit.calibrated_until == AS_OF.date() - timedelta(days=365)
    assert fit.holdout_expected_count == pytest.approx(fit.holdout_order_count, rel=0.15)
    assert f"{fit.holdout_order_count:,} came: " in str(fit)


def test_the_same_orders_give_the_same_fit_and_the_same_scores(
    shop: tuple[Settings, valuation.Fit], tmp_path: Path
) -> None:
    purchases = list(simulated_purchases(3000, currencies=("EUR", "SEK")))
    again = publish(tmp_path, reversed(purchases))
    assert shop[1] == valuation.value_customers(again)
    assert read(shop[0], "clv_scores", AS_OF) == read(again, "clv_scores", AS_OF)


def test_a_history_is_of_days_with_kept_orders(tmp_path: Path) -> None:
    day = timedelta(days=1)
    bought = [
        Purchase("anna", AS_OF - 70 * day, Decimal(10)),
        Purchase("anna", AS_OF - 35 * day, Decimal(20)),
        Purchase("anna", AS_OF - 35 * day + timedelta(hours=1), Decimal(30)),
        Purchase("anna", AS_OF - 28 * day, Decimal(99), is_kept=False),
        Purchase(None, AS_OF - 28 * day, Decimal(40)),
        Purchase("bo", AS_OF - 7 * day, Decimal(20)),
    ]
    found = valuation.read_histories(publish(tmp_path, bought), AS_OF.date() - 14 * day, "20251210T090000Z-1")
    assert list(found["customer_id"]) == ["anna"], "who came later has no history yet"
    assert tuple(found[name][0] for name in ("repeats", "recency", "age", "later")) == (1, 5.0, 8.0, 0)
    assert found["mean_value"][0] == 50 / 20, "two orders of a day are one, in usual orders of that time"


@pytest.mark.parametrize(
    ("totals", "paid", "usual", "mean"),
    [
        ((10, 20), 1, 15, 20),
        ((10, 20, 0), 1, 15, 20),  # a free one among paid ones
        ((10, 0, 20, 30), 2, 20, 25),
        ((0, 20, 30), 2, 25, 25),  # the first one was a sample
        ((10, 0, 0), 0, 10, 0),
    ],
)
def test_a_free_order_is_an_order_and_no_value(
    tmp_path: Path, totals: tuple[int, ...], paid: int, usual: int, mean: int
) -> None:
    bought = [Purchase("anna", AS_OF - timedelta(days=60 - 7 * at), Decimal(each)) for at, each in enumerate(totals)]
    found = valuation.read_histories(publish(tmp_path, bought), AS_OF.date(), "20251210T090000Z-1")
    assert (found["repeats"][0], found["paid_repeats"][0]) == (len(totals) - 1, paid)
    assert found["usual_total"][0] == usual, "the usual order is a paid one"
    assert found["mean_value"][0] * usual == pytest.approx(mean, abs=0.001)


def test_a_day_with_a_free_and_a_paid_order_was_paid_for(tmp_path: Path) -> None:
    week = timedelta(weeks=1)
    totals = [(AS_OF - 3 * week, 20), (AS_OF - 2 * week, 20), (AS_OF - 2 * week + timedelta(hours=1), 0)]
    bought = [Purchase("anna", moment, Decimal(total)) for moment, total in totals]
    found = valuation.read_histories(publish(tmp_path, bought), AS_OF.date(), "20251210T090000Z-1")
    assert (found["repeats"][0], found["paid_repeats"][0], found["mean_value"][0]) == (1, 1, 1.0)


def test_free_orders_change_no_parameter_of_a_shop(tmp_path: Path) -> None:
    """Gifts on days of their own, to people who buy as well, and to some who never came back else."""
    purchases = list(simulated_purchases(3000))
    gifts = [
        Purchase(each.customer_id, each.ordered_at + timedelta(days=3), Decimal(0))
        for each in purchases[::25]
        if each.ordered_at + timedelta(days=3) < AS_OF
    ]
    paid = valuation.value_customers(publish(tmp_path / "paid", purchases))
    with_gifts = valuation.value_customers(publish(tmp_path / "gifts", purchases + gifts))
    assert with_gifts.order_count > paid.order_count
    assert (with_gifts.p, with_gifts.q, with_gifts.v) == (paid.p, paid.q, paid.v)


@pytest.mark.parametrize(
    ("moments", "repeats"),
    [
        (("2025-07-01 22:30", "2025-07-01 23:30"), 1),  # 23:30 in London, and half past midnight
        (("2025-07-01 23:30", "2025-07-02 10:00"), 0),
        (("2025-12-01 23:30", "2025-12-02 00:30"), 1),  # in winter its clock is UTC's
        (("2025-12-02 00:30", "2025-12-02 23:30"), 0),
    ],
)
def test_a_day_is_that_of_the_shop(tmp_path: Path, moments: tuple[str, str], repeats: int) -> None:
    bought = [Purchase("anna", datetime.fromisoformat(each), Decimal(20)) for each in moments]
    found = valuation.read_histories(publish(tmp_path, bought), AS_OF.date(), "20251210T090000Z-1")
    assert found["repeats"][0] == repeats


def test_a_young_shop_is_refused_in_words_and_nothing_is_written(tmp_path: Path) -> None:
    young = (each for each in simulated_purchases(400) if each.ordered_at > AS_OF - timedelta(weeks=20))
    settings = publish(tmp_path, young)
    with pytest.raises(FitError, match=r"^too little history .*: 20 weeks of orders, .* It takes 26 weeks, and 50 who"):
        valuation.value_customers(settings)
    said = invoke("fit-clv", "--data", tmp_path)
    assert isinstance(said.exception, FitError)
    state = fit_clv.fit_clv.fn(data=tmp_path)
    assert (state.name, state.is_completed()) == ("Too little history", True)
    assert not settings.valuations.exists()
    assert read(settings, "clv_scores", AS_OF) == read(settings, "clv_fits", AS_OF) == []


def test_a_shop_without_orders_is_refused_too(tmp_path: Path) -> None:
    nothing = [Purchase("anna", AS_OF, Decimal(5), is_kept=False)]
    with pytest.raises(FitError, match="0 weeks of orders"):
        valuation.value_customers(publish(tmp_path, nothing))


def test_a_run_reads_the_newest_fit_that_is_not_after_it(shop: tuple[Settings, valuation.Fit]) -> None:
    settings, _ = shop
    assert (read(settings, "clv_fits", AS_OF - LATER), read(settings, "clv_scores", AS_OF - LATER)) == ([], [])
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    warehouse.prepare_inputs(settings, AS_OF + LATER, "20251210T091500Z-1", [])
    with duckdb.connect(str(settings.warehouse)) as built:
        assert built.sql("select count(*), max(scored_at) from run.clv_scores").fetchall() == [(3000, AS_OF)]
        assert built.sql("select count(*) from run.clv_fits").fetchall() == [(1,)]


def test_scores_without_their_fit_are_not_there(shop: tuple[Settings, valuation.Fit], tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, landing=tmp_path)
    settings.valuations.mkdir()
    (scores,) = shop[0].valuations.glob("scores-*")
    (settings.valuations / scores.name).write_bytes(scores.read_bytes())  # a kill before the fit was written
    assert read(settings, "clv_scores", AS_OF) == []


def test_each_fit_is_kept_for_those_who_look_back(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, landing=tmp_path)
    scores = {name: ["anna" if kind == "varchar" else 0.5] for name, kind in CLV_SCORES.items()}
    weeks = [AS_OF + timedelta(weeks=week) for week in range(3)]
    for moment in weeks:
        fit = dict.fromkeys(CLV_FITS) | {"fitted_at": moment}
        write_valuation(settings, moment, scores | {"scored_at": [moment]}, fit)
    for known, moment in enumerate(weeks, 1):
        assert known == len(read(settings, "clv_fits", moment + LATER))
        assert read(settings, "clv_scores", moment + LATER, "scored_at") == [(moment,)]
    assert list(settings.valuations.glob("*.part")) == []


def test_the_command_says_what_it_found(shop: tuple[Settings, valuation.Fit]) -> None:
    said = invoke("fit-clv", "--data", shop[0].data, catch_exceptions=False).output
    assert f"{shop[1]}." in said
    assert "the next run puts it into the marts" in said
