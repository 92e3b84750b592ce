-- Which codes each order was bought with, to be matched with the codes that were given out.
select
    codes.order_id,
    codes.code_number,
    orders.customer_id,
    codes.source,
    codes.code,
    codes.code_folded,
    codes.discount_type,
    codes.amount,
    codes.currency,
    orders.is_kept,
    orders.ordered_at,
    codes.received_at
from {{ ref('int_discount_codes_unioned') }} as codes
inner join {{ ref('orders') }} as orders
    on codes.order_id = orders.order_id
