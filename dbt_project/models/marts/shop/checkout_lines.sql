select
    lines.checkout_id,
    lines.line_number,
    checkouts.customer_id,
    lines.sku,
    lines.product,
    lines.quantity,
    lines.line_total,
    checkouts.currency,
    checkouts.started_at
from {{ ref('int_checkout_lines_unioned') }} as lines
inner join {{ ref('checkouts') }} as checkouts
    on lines.checkout_id = checkouts.checkout_id
