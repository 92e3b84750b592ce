-- Kept orders per customer. Those of one day, by the shop's own clock, are one occasion: a gap lies between days.
with

kept_orders as (

    select customer_id, order_id, ordered_at, home_total, currency, {{ shop_day('ordered_at') }} as ordered_on
    from {{ ref('orders') }}
    where is_kept and customer_id is not null

),

ranked as (

    select
        *,
        row_number() over (partition by customer_id order by ordered_at desc, order_id desc) as recency_rank,
        dense_rank() over (partition by customer_id order by ordered_on desc) as day_rank
    from kept_orders

)

select
    customer_id,
    count(*) as kept_order_count,
    max(day_rank) as order_day_count,
    min(ordered_at) as first_kept_order_at,
    max(ordered_at) as last_kept_order_at,
    max(case when recency_rank = 1 then order_id end) as last_kept_order_id,
    max(case when day_rank = 2 then ordered_at end) as previous_kept_order_at,
    max(case when recency_rank = 1 then currency end) as currency,
    coalesce(sum(home_total), 0) as net_total,  -- in the home country's money: no sum adds two
    -- whole days, rounded down: the person's own rhythm
    case
        when max(day_rank) >= 2
            then {{ whole_ratio(whole_days_between('min(ordered_on)', 'max(ordered_on)'), '(max(day_rank) - 1)') }}
    end as average_gap_days
from ranked
group by customer_id
