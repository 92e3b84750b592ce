with

kept_orders as (

    select
        customer_id,
        order_id,
        ordered_at,
        home_total,
        currency,
        row_number() over (partition by customer_id order by ordered_at desc, order_id desc) as recency_rank,
        lag(ordered_at) over (partition by customer_id order by ordered_at, order_id) as previous_ordered_at
    from {{ ref('orders') }}
    where is_kept and customer_id is not null

)

select
    customer_id,
    count(*) as kept_order_count,
    min(ordered_at) as first_kept_order_at,
    max(ordered_at) as last_kept_order_at,
    max(case when recency_rank = 1 then order_id end) as last_kept_order_id,
    max(case when recency_rank = 1 then previous_ordered_at end) as previous_kept_order_at,
    max(case when recency_rank = 1 then currency end) as currency,
    coalesce(sum(home_total), 0) as net_total,  -- in the home country's money: no sum adds two
    -- whole days, rounded down: the person's own rhythm
    case
        when count(*) >= 2
            then {{ whole_ratio(whole_days_between('min(ordered_at)', 'max(ordered_at)'), '(count(*) - 1)') }}
    end as average_gap_days
from kept_orders
group by customer_id
