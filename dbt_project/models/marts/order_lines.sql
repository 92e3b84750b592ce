with

returned as (

    select bought_order_id, bought_line_number, sum(quantity) as quantity
    from {{ ref('int_returns_matched') }}
    group by bought_order_id, bought_line_number

)

select
    lines.order_id,
    lines.line_number,
    orders.customer_id,
    lines.sku,
    lines.product,
    lines.quantity,
    cast(lines.line_total as decimal(19, 4)) as line_total,
    lines.kind,
    lines.is_product,
    lines.earns_points,
    orders.is_kept and lines.quantity > 0 as is_kept,
    -- brought back at a till, or of an order that was paid back whole
    lines.is_brought_back or (orders.is_return and orders.net_total = 0)
    or coalesce(returned.quantity >= lines.quantity, false) as is_returned,
    orders.currency,
    orders.ordered_at
from {{ ref('int_order_lines_unioned') }} as lines
inner join {{ ref('orders') }} as orders
    on lines.order_id = orders.order_id
left join returned
    on lines.order_id = returned.bought_order_id and lines.line_number = returned.bought_line_number
