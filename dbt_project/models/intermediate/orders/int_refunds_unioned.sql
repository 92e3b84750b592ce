-- What was paid back, each at its own moment. An export that only sums refunds is in int_orders_unioned.
{{ from_sources('refunds', unit='refund_id', columns=[
    'refund_id', 'order_id', 'amount', 'happened_at', 'received_at',
]) }}
