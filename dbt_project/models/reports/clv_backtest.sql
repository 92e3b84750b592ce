-- How well each fit would have foretold the shop's own last weeks, had it been made before them.
with

fits as (

    select * from {{ source('run', 'clv_fits') }}

)

select
    fitted_at,
    fitted_at = max(fitted_at) over () as is_current,
    customer_count,
    returning_count,
    order_count,
    history_weeks,
    r,
    alpha,
    a,
    b,
    orders_log_likelihood,
    p,
    q,
    v,
    values_log_likelihood,
    calibrated_until,
    holdout_weeks,
    calibrated_count,
    holdout_expected_count,
    holdout_order_count,
    case
        when holdout_order_count > 0
            then round(100 * (holdout_expected_count - holdout_order_count) / holdout_order_count, 1)
    end as error_percent,
    mean_absolute_error
from fits
