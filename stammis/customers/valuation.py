"""What customers are expected to bring in the next year: read what is published, fit, score everybody, keep it.

No run waits for it: a flow does it once a week, and every run reads what the last one said. The orders of a day
count as one, as in the data the models were published with; values are counted in usual orders of their currency,
so that one fit serves a shop that sells in several.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from stammis.core.errors import FitError
from stammis.core.seeds import read_seed
from stammis.core.settings import Settings
from stammis.customers import clv
from stammis.warehouse import published
from stammis.warehouse.valuations import write_valuation

YEAR_WEEKS = 365 / 7
LEAST_WEEKS, LEAST_RETURNING = 26, 50

# The day is the shop's own. $1 of the second: the last day that counts as history, $2: the shop's time zone.
SPAN = """
select min(cast(timezone($1, timezone('UTC', ordered_at)) as date)) as first_day
from {orders} where is_kept and customer_id is not null
"""

# Sums are exact, so that no order of threads can change them. A free order is an order, and no value.
HISTORIES = """
with kept as (
    select
        customer_id, currency, net_total, ordered_at, cast(timezone($2, timezone('UTC', ordered_at)) as date) as day
    from {orders} where is_kept and customer_id is not null
),
buyers as (
    select customer_id, first(currency order by ordered_at desc, currency) as currency from kept group by customer_id
),
usual_orders as (
    select currency, cast(sum(net_total) as double) / count(*) as usual_total
    from kept where day <= cast($1 as date) and net_total > 0 group by currency
),
days as (
    select
        customer_id,
        day,
        sum(cast(case
            when net_total > 0 then greatest(kept.net_total / usual_orders.usual_total, 0.000001) else 0
        end as decimal(18, 6))) as value
    from kept left join usual_orders on kept.currency = usual_orders.currency
    group by customer_id, day
),
histories as (
    select
        customer_id,
        min(day) as first_day,
        max(day) filter (where day <= cast($1 as date)) as last_day,
        count(*) filter (where day <= cast($1 as date)) - 1 as repeats,
        count(*) filter (where day <= cast($1 as date) and value > 0)
            - cast(arg_min(value, day) > 0 as integer) as paid_repeats,
        sum(value) filter (where day <= cast($1 as date)) - arg_min(value, day) as repeat_value,
        count(*) filter (where day > cast($1 as date)) as later
    from days group by customer_id
)
select
    histories.customer_id,
    histories.repeats,
    histories.paid_repeats,
    (last_day - first_day) / 7.0 as recency,
    (cast($1 as date) - first_day) / 7.0 as age,
    cast(repeat_value as double) / greatest(paid_repeats, 1) as mean_value,
    later,
    buyers.currency,
    coalesce(usual_orders.usual_total, 0) as usual_total
from histories
inner join buyers on histories.customer_id = buyers.customer_id
left join usual_orders on buyers.currency = usual_orders.currency
where first_day <= cast($1 as date)
order by histories.customer_id
"""


@dataclass(frozen=True, slots=True)
class Fit:
    """One fit: what it stands on, its parameters, and how an earlier one of the same shop turned out.

    `v` is in usual orders. The backtest is fitted on the days up to `calibrated_until`, and compared with the
    orders of the same `calibrated_count` customers in the weeks after.
    """

    fitted_at: datetime
    run_id: str
    customer_count: int
    returning_count: int
    order_count: int
    history_weeks: float
    r: float
    alpha: float
    a: float
    b: float
    orders_log_likelihood: float
    p: float
    q: float
    v: float
    values_log_likelihood: float
    calibrated_until: date
    holdout_weeks: float
    calibrated_count: int
    holdout_expected_count: float
    holdout_order_count: int
    mean_absolute_error: float

    def __str__(self) -> str:
        off = self.holdout_expected_count - self.holdout_order_count
        percent = abs(off) / max(self.holdout_order_count, 1)
        return (
            f"{self.customer_count:,} customers scored, {self.returning_count:,} of whom came back. "
            f"Backtest: as of {self.calibrated_until}, {self.holdout_expected_count:,.0f} orders were expected of "
            f"{self.calibrated_count:,} customers in the next {self.holdout_weeks:.0f} weeks, and "
            f"{self.holdout_order_count:,} came: "
            f"{percent:.0%} too {'many' if off > 0 else 'few'}"
        )


def value_customers(settings: Settings) -> Fit:
    """Fit on the published orders as of their run's clock, and write a score for each who has bought.

    Raises FitError for too little history, StammisError where nothing is published.
    """
    run_id = published.current_run(settings)
    as_of = published.rows(settings, "select as_of from {clock}", run_id=run_id)[0]["as_of"]
    zone = _shop_zone(settings)
    today = as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    first_day = published.rows(settings, SPAN, [zone], run_id=run_id)[0]["first_day"] or today
    days = (today - first_day).days
    holdout_days = min(days - days // 2, 365)
    until = today - timedelta(days=holdout_days)
    backtest = _backtest(read_histories(settings, until, run_id), days, holdout_days)
    people = read_histories(settings, today, run_id)
    history = people["repeats"], people["recency"], people["age"]
    orders = clv.fit_orders(*history)
    again = people["repeats"] > 0
    values = clv.fit_values(people["paid_repeats"], people["mean_value"])
    fit = Fit(
        fitted_at=as_of,
        run_id=run_id,
        customer_count=len(again),
        returning_count=int(again.sum()),
        order_count=int((people["repeats"] + 1).sum()),
        history_weeks=days / 7,
        r=orders.r,
        alpha=orders.alpha,
        a=orders.a,
        b=orders.b,
        orders_log_likelihood=orders.log_likelihood,
        p=values.p,
        q=values.q,
        v=values.v,
        values_log_likelihood=values.log_likelihood,
        calibrated_until=until,
        holdout_weeks=holdout_days / 7,
        **backtest,
    )
    count = clv.expected_orders(orders, YEAR_WEEKS, *history)
    value = clv.expected_value(values, people["paid_repeats"], people["mean_value"]) * people["usual_total"]
    scores = {
        "customer_id": people["customer_id"],
        "expected_order_count": count,
        "alive_probability": clv.alive(orders, *history),
        "expected_order_value": value,
        "clv": count * value,
        "currency": people["currency"],
        "scored_at": [as_of] * len(count),
    }
    write_valuation(settings, as_of, scores, asdict(fit))
    return fit


def _backtest(people: dict[str, Any], days: int, holdout_days: int) -> dict[str, Any]:
    """What a fit of back then says of the weeks that followed, and what came."""
    returning = int((people["repeats"] > 0).sum())
    if days < LEAST_WEEKS * 7 or returning < LEAST_RETURNING:
        raise FitError(
            f"too little history to say what customers are worth: {days // 7} weeks of orders, and {returning} "
            f"customers came back before the last {holdout_days // 7} of them. It takes {LEAST_WEEKS} weeks, and "
            f"{LEAST_RETURNING} who came back: run it again when there are. Nothing else waits for it."
        )
    history = people["repeats"], people["recency"], people["age"]
    expected = clv.expected_orders(clv.fit_orders(*history), holdout_days / 7, *history)
    return {
        "calibrated_count": len(expected),
        "holdout_expected_count": float(expected.sum()),
        "holdout_order_count": int(people["later"].sum()),
        "mean_absolute_error": float(abs(expected - people["later"]).mean()),
    }


def read_histories(settings: Settings, until: date, run_id: str) -> dict[str, Any]:
    """Columns with a row for each who had bought by then; `later`: days with orders since, up to the run's clock."""
    return published.columns(settings, HISTORIES, [until, _shop_zone(settings)], run_id=run_id)


def _shop_zone(settings: Settings) -> str:
    """The time zone of the home country, by whose clock orders are of one day."""
    countries = read_seed(settings.dbt_project, "countries")
    return next(row["time_zone"] for row in countries if row["is_home"] == "true")
