with

orders as (

    select * from {{ ref('int_orders_unioned') }}

),

rates as (

    select
        currency,
        per_euro,
        valid_from,
        lead(valid_from) over (partition by currency order by valid_from) as valid_until
    from {{ ref('exchange_rates') }}

),

home as (

    select rates.*
    from rates
    inner join {{ ref('countries') }} as countries
        on rates.currency = countries.currency and countries.is_home

),

resolved as (

    select * from {{ ref('int_customers_resolved') }}

)

select
    orders.order_id,
    resolved.customer_id,
    orders.source,
    orders.order_channel,
    orders.ordered_at,
    orders.fulfilled_at,
    orders.fulfilment_state,
    orders.country,
    orders.gross_total,
    orders.refund_total,
    orders.sold_total,
    orders.net_total,
    orders.currency,
    cast(case
        when orders.currency = home.currency then orders.net_total
        else {{ whole_ratio('orders.net_total * 100 * home.per_euro', 'rates.per_euro') }} * 0.01
    end as decimal(18, 2)) as home_total,
    orders.discount_code,
    orders.is_kept,
    orders.is_return,
    orders.undated_refund_total,
    orders.product_line_count,
    orders.top_product,
    orders.received_at
from orders
left join rates
    on orders.currency = rates.currency and cast(orders.ordered_at as date) >= rates.valid_from
    and (rates.valid_until is null or cast(orders.ordered_at as date) < rates.valid_until)
left join home
    on cast(orders.ordered_at as date) >= home.valid_from
    and (home.valid_until is null or cast(orders.ordered_at as date) < home.valid_until)
left join resolved
    on 'order:' || orders.order_id = resolved.record_id
