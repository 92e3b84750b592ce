select
    lines.order_id,
    lines.line_number,
    orders.customer_id,
    lines.sku,
    lines.product,
    lines.quantity,
    lines.line_total,
    lines.is_product,
    orders.currency,
    orders.ordered_at
from {{ ref('int_order_lines_unioned') }} as lines
inner join {{ ref('orders') }} as orders
    on lines.order_id = orders.order_id
