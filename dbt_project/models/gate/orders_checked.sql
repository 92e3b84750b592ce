with

orders as (

    select * from {{ ref('orders') }}

),

earning_rules as (  -- a crown is worth less than a pound: the price of a point tells by how much

    select * from {{ ref('earning_rules') }}

)

select
    orders.order_id as row_id,
    orders.customer_id,
    orders.net_total,
    orders.refund_total > 0 as is_refunded,
    {{ is_beyond(
        'orders.net_total', 'orders', 'net_total', 'warn', 'coalesce(earning_rules.amount_per_point, 1)'
    ) }} as is_odd_net_total,
    {{ is_beyond(
        'orders.net_total', 'orders', 'net_total', 'critical', 'coalesce(earning_rules.amount_per_point, 1)'
    ) }} as is_impossible_net_total
from orders
left join earning_rules
    on orders.currency = earning_rules.currency
