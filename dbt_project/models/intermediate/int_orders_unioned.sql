with

web_orders as (

    {{ newest_known(ref('stg_shopify__orders'), ['order_id']) }}

),

store_lines as (

    {{ newest_known(ref('stg_pos__receipt_lines'), ['order_id']) }}

),

order_lines as (

    select * from {{ ref('int_order_lines_unioned') }}

),

web as (

    select
        order_id, 'shopify' as source, 'web' as order_channel, email, phone,
        cast(null as varchar) as member_card, country, currency, discount_code,
        happened_at as ordered_at, received_at, fulfilled_at, fulfilment_state,
        subtotal as gross_total,
        least(refunded_amount, subtotal) as refund_total,
        -- never paid or cancelled keeps nothing; shipping is never ours to count
        case
            when paid_at is null or cancelled_at <= {{ as_of() }} then 0
            else subtotal - least(refunded_amount, subtotal)
        end as net_total
    from web_orders

),

store as (

    select
        order_id, 'pos' as source, 'store' as order_channel,
        max(email) as email, max(phone) as phone, max(member_card) as member_card,
        max(country) as country, max(currency) as currency, cast(null as varchar) as discount_code,
        min(happened_at) as ordered_at, min(received_at) as received_at,
        min(happened_at) as fulfilled_at, 'fulfilled' as fulfilment_state,
        sum(case when line_total > 0 then line_total else 0 end) as gross_total,
        -sum(case when line_total < 0 then line_total else 0 end) as refund_total,
        sum(line_total) as net_total
    from store_lines
    group by order_id

),

unioned as (

    select * from web
    union all
    select * from store

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
    unioned.order_id,
    unioned.source,
    unioned.order_channel,
    unioned.email,
    unioned.phone,
    unioned.member_card,
    unioned.country,
    unioned.currency,
    unioned.discount_code,
    unioned.ordered_at,
    unioned.received_at,
    unioned.fulfilled_at,
    unioned.fulfilment_state,
    cast(unioned.gross_total as decimal(18, 2)) as gross_total,
    cast(unioned.refund_total as decimal(18, 2)) as refund_total,
    cast(unioned.net_total as decimal(18, 2)) as net_total,
    unioned.net_total > 0 as is_kept,
    unioned.refund_total > 0 as is_return,
    coalesce(products.product_line_count, 0) as product_line_count,
    products.product as top_product
from unioned
left join products
    on unioned.order_id = products.order_id and products.value_rank = 1
