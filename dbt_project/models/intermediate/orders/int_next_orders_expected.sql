-- When each buyer's next order is to be expected: by their own gap, else by the median of those whose last order was
-- of the same category, else by the shop's.
{{ turns_any_time(['overdue_days']) }}
{{ decides_nothing('a gap is one of days that have passed') }}
with

orders as (

    select
        orders.customer_id,
        orders.last_kept_order_at,
        last_orders.category,
        -- a rhythm of fewer days than this is one errand
        case
            when orders.average_gap_days >= {{ score_rule('least_own_gap_days') }} then orders.average_gap_days
        end as gap_days
    from {{ ref('int_orders_summed_to_customers') }} as orders
    left join {{ ref('int_last_orders_categorised') }} as last_orders
        on orders.customer_id = last_orders.customer_id

),

gap_counts as (

    select category, gap_days, count(*) as customer_count
    from orders
    where gap_days is not null
    group by category, gap_days

),

shop_counts as (

    select gap_days, cast(sum(customer_count) as bigint) as customer_count from gap_counts group by gap_days

),

categories as (

    {{ median_of_counts('gap_counts', 'gap_days', by='category') }}

),

shop as (

    {{ median_of_counts('shop_counts', 'gap_days') }}

),

orders_measured as (

    select
        orders.customer_id,
        orders.last_kept_order_at,
        coalesce(orders.gap_days, categories.median_gap_days, shop.median_gap_days) as gap_days,
        case
            when orders.gap_days is not null then 'own'
            when categories.median_gap_days is not null then 'category'
            when shop.median_gap_days is not null then 'shop'
        end as basis
    from orders
    cross join shop
    left join categories
        on orders.category = categories.category
        and categories.customer_count >= {{ score_rule('category_gap_customers') }}

)

select
    customer_id,
    cast(gap_days as integer) as expected_gap_days,
    basis as expected_by,
    {{ days_later('last_kept_order_at', 'gap_days') }} as next_order_due_at,
    case
        when {{ days_later('last_kept_order_at', 'gap_days') }} > {{ as_of() }} then 0
        else {{ whole_days_between(days_later('last_kept_order_at', 'gap_days'), as_of()) }}
    end as overdue_days
from orders_measured
