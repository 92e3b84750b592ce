-- What every order was worth before anything came back at a moment of its own, and when it was paid, maybe after as_of.
-- A till's receipt has no sum: its lines tell what was sold and came back. A web order's sum loses what is no sale.
with

orders as (

    {{ from_sources('orders', unit='order_id', columns=[
        'order_id', 'order_channel', 'shop_customer', 'member_card', 'email', 'phone', 'country', 'currency',
        'discount_code', 'payment_state', 'fulfilment_state', 'gross_total', 'refund_total', 'happened_at', 'paid_at',
        'fulfilled_at', 'cancelled_at', 'received_at',
    ]) | indent(4) }}

),

line_sums as (

    select
        lines.order_id,
        sum(case when lines.is_sale and not lines.is_brought_back then lines.line_total else 0 end) as sale_total,
        -- what came back of a known purchase lowers that one
        -sum(case
            when lines.is_sale and lines.is_brought_back and matched.return_id is null then lines.line_total else 0
        end) as brought_back_total,
        sum(case when lines.is_sale then 0 else lines.line_total end) as other_total
    from {{ ref('int_order_lines_unioned') }} as lines
    left join {{ ref('int_returns_matched') }} as matched
        on lines.order_id = matched.order_id and lines.line_number = matched.line_number
    group by lines.order_id

)

select
    orders.order_id, orders.source, orders.trust, orders.order_channel, orders.shop_customer, orders.member_card,
    orders.email, orders.phone, orders.country, orders.currency, orders.discount_code, orders.fulfilment_state,
    orders.gross_total, orders.happened_at, orders.received_at,
    coalesce(orders.gross_total - coalesce(line_sums.other_total, 0), line_sums.sale_total, 0) as goods_total,
    coalesce(orders.refund_total, line_sums.brought_back_total, 0) as undated_refund_total,
    case
        when states.is_paid then coalesce(orders.paid_at, orders.happened_at)
        when states.is_paid is null then orders.paid_at
    end as payment_due_at,
    orders.fulfilled_at as fulfilment_due_at,
    orders.cancelled_at as cancellation_due_at
from orders
left join line_sums
    on orders.order_id = line_sums.order_id
left join {{ ref('payment_states') }} as states
    on orders.source = states.source and orders.payment_state = states.state
