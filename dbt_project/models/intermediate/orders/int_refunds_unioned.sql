-- What was paid back, each at its own moment, and what came back at a till of a purchase that is known. An export that
-- only sums refunds is in int_orders_unioned.
with

refunds as (

    {{ from_sources('refunds', unit='refund_id', columns=[
        'refund_id', 'order_id', 'amount', 'happened_at', 'received_at',
    ]) | indent(4) }}

)

select refund_id, order_id, amount, happened_at, received_at from refunds
union all
select return_id, bought_order_id, amount, happened_at, received_at from {{ ref('int_returns_matched') }}
