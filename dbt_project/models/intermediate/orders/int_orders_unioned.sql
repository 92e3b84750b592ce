{{ holds_until(
    'an order is paid, sent or cancelled', "select payment_due_at as moment from " ~ ref('int_orders_totalled')
    ~ " union all select fulfilment_due_at from " ~ ref('int_orders_totalled')
    ~ " union all select cancellation_due_at from " ~ ref('int_orders_totalled'), looks=4
) }}
with

orders as (

    select * from {{ ref('int_orders_totalled') }}

),

order_lines as (

    select * from {{ ref('int_order_lines_unioned') }}

),

refunds as (

    select * from {{ ref('int_refunds_summed_to_orders') }}

),

-- an order placed yesterday may tell of the parcel of tomorrow: what lies after as_of has not happened
dated as (

    select
        orders.*,
        {{ if_past('orders.payment_due_at') }} as was_paid_at,
        {{ if_past('orders.fulfilment_due_at') }} as was_fulfilled_at,
        {{ if_past('orders.cancellation_due_at') }} as was_cancelled_at,
        -- of a shop's order, refunds that tell their moment outweigh a sum that tells none; a till's receipt has both
        case
            when orders.gross_total is null then orders.undated_refund_total
            when refunds.order_id is null then least(orders.undated_refund_total, greatest(orders.goods_total, 0))
            else 0
        end as known_undated_total,
        least(coalesce(refunds.refund_total, 0), greatest(orders.goods_total, 0)) as known_dated_total
    from orders
    left join refunds
        on orders.order_id = refunds.order_id

),

valued as (

    select
        *,
        known_undated_total + known_dated_total as known_refund_total,
        case
            when fulfilment_due_at > {{ as_of() }} then 'unfulfilled' else fulfilment_state
        end as known_fulfilment_state,
        -- never paid or cancelled keeps nothing; shipping is never ours to count
        case when was_paid_at is null or was_cancelled_at is not null then 0 else 1 end as is_sold
    from dated

),

products as (

    select
        order_id,
        product,
        count(*) over (partition by order_id) as product_line_count,
        row_number() over (partition by order_id order by line_total desc, line_number) as value_rank
    from order_lines
    where is_product and quantity > 0

)

select
    valued.order_id,
    valued.source,
    valued.order_channel,
    valued.shop_customer,
    valued.email,
    valued.phone,
    valued.member_card,
    valued.country,
    valued.currency,
    valued.discount_code,
    valued.happened_at as ordered_at,
    valued.received_at,
    valued.was_fulfilled_at as fulfilled_at,
    valued.known_fulfilment_state as fulfilment_state,
    cast(valued.goods_total as decimal(18, 2)) as gross_total,
    cast(valued.known_refund_total as decimal(18, 2)) as refund_total,
    cast(valued.is_sold * valued.goods_total as decimal(18, 2)) as sold_total,
    cast(valued.is_sold * (valued.goods_total - valued.known_refund_total) as decimal(18, 2)) as net_total,
    valued.is_sold * (valued.goods_total - valued.known_refund_total) > 0 as is_kept,
    valued.known_refund_total > 0 as is_return,
    cast(valued.known_undated_total as decimal(18, 2)) as undated_refund_total,
    coalesce(products.product_line_count, 0) as product_line_count,
    products.product as top_product
from valued
left join products
    on valued.order_id = products.order_id and products.value_rank = 1
