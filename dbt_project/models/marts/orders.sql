with

orders as (

    select * from {{ ref('int_orders_unioned') }}

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
    orders.discount_code,
    orders.is_kept,
    orders.is_return,
    orders.undated_refund_total,
    orders.product_line_count,
    orders.top_product,
    orders.received_at
from orders
left join resolved
    on 'order:' || orders.order_id = resolved.record_id
