-- Checkouts that were begun: whose, what they would have come to, and whether anything came of them. Whoever is known
-- by nothing but a checkout is no customer: an address typed into a form that was never sent has agreed to nothing.
with

checkouts as (

    select * from {{ ref('int_checkouts_unioned') }}

),

known as (

    {{ resolve_customer(ref('int_checkouts_unioned'), 'checkout_id') | indent(4) }}

),

orders as (

    select * from {{ ref('orders') }}

),

lines as (

    select
        checkout_id,
        product,
        count(*) over (partition by checkout_id) as line_count,
        row_number() over (partition by checkout_id order by line_total desc nulls last, line_number) as value_rank
    from {{ ref('int_checkout_lines_unioned') }}

),

ordered_later as (

    select
        checkouts.checkout_id,
        min(orders.ordered_at) as next_ordered_at
    from checkouts
    inner join known
        on checkouts.checkout_id = known.checkout_id
    inner join orders
        on known.customer_id = orders.customer_id and checkouts.started_at <= orders.ordered_at
    group by checkouts.checkout_id

)

select
    checkouts.checkout_id,
    known.customer_id,
    checkouts.source,
    checkouts.started_at,
    checkouts.completed_at,
    orders.order_id,
    checkouts.completed_at is null and orders.order_id is null as is_abandoned,
    ordered_later.next_ordered_at,
    checkouts.country,
    checkouts.gross_total,
    checkouts.currency,
    coalesce(lines.line_count, 0) as line_count,
    lines.product as top_product,
    checkouts.received_at
from checkouts
left join known
    on checkouts.checkout_id = known.checkout_id
left join orders
    on checkouts.order_id = orders.order_id
left join lines
    on checkouts.checkout_id = lines.checkout_id and lines.value_rank = 1
left join ordered_later
    on checkouts.checkout_id = ordered_later.checkout_id
