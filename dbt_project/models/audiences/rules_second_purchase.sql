{{ holds_until('somebody is due back, or has been too long', "select entered_at as moment from " ~ this
    ~ " union all select " ~ days_later('entered_at', timing_of('second_purchase_inside_days')) ~ " from " ~ this,
    looks=2) }}
with

customers as (

    select * from {{ ref('customers') }}

),

expected as (

    select * from {{ ref('int_next_orders_expected') }}

),

orders as (

    select customer_id, sum(product_line_count) as product_line_count
    from {{ ref('orders') }}
    where is_kept
    group by customer_id

),

returns as (

    select * from {{ ref('int_returns_summed_to_customers') }}

),

timed as (

    select
        customers.customer_id,
        customers.order_count,
        customers.order_day_count,
        expected.expected_gap_days as gap_days,
        expected.expected_by as gap_of,
        customers.last_kept_order_id,
        customers.last_ordered_at,
        orders.product_line_count,
        returns.returned_at,
        -- one purchase gives no gap of their own, so use a share of the median of who last bought the same category
        {{ days_later(
            'customers.last_ordered_at',
            whole_ratio('expected.expected_gap_days * ' ~ timing_of('second_purchase_gap_percent'), '100')
        ) }} as due_back_at
    from customers
    inner join orders
        on customers.customer_id = orders.customer_id
    left join expected
        on customers.customer_id = expected.customer_id
    left join returns
        on customers.customer_id = returns.customer_id

),

rules as (  -- every customer who ever bought, one named column per rule

    select
        customer_id,
        last_kept_order_id as entry_key,
        due_back_at as entered_at,
        order_count,
        gap_days,
        gap_of,
        last_ordered_at,
        -- two orders of one day are one purchase
        order_day_count = 1 as has_bought_once,
        product_line_count >= 1 as has_products,
        coalesce(due_back_at <= {{ as_of() }}, false) as has_had_time,
        coalesce(
            due_back_at > {{ days_later(as_of(), '-' ~ timing_of('second_purchase_inside_days')) }}, false
        ) as is_recent,
        coalesce(returned_at <= last_ordered_at, true) as has_returned_nothing_since
    from timed

)

select * from rules
