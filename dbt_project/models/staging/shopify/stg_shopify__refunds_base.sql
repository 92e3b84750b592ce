-- Refunds as they arrive: in files of their own, and within the orders they pay back. Their goods are a list yet.
with

refunds as (

    {{ last_in_file(source('shopify', 'refunds_api'), 'id') }}

),

orders as (

    {{ last_in_file(source('shopify', 'orders_api'), 'id', 'updated_at') }}

),

within_orders as (

    {{ json_elements('orders', 'refunds', {
        'refund_id': 'id', 'paid_back_at': ['created_at', 'createdAt'],
        'goods': ['refund_line_items', 'refundLineItems.nodes'], 'payments': 'transactions',
        'adjustments': 'order_adjustments',
    }) | indent(4) }}

)

select
    'shopify:' || {{ regex_remove('id', '^.*/') }} as refund_id,
    'shopify:' || {{ regex_remove('order_id', '^.*/') }} as order_id,
    refund_line_items as goods,
    transactions as payments,
    order_adjustments as adjustments,
    created_at as happened_at,
    received_at, file_name, file_hash, line
from refunds
union all
select
    'shopify:' || {{ regex_remove('refund_id', '^.*/') }},
    'shopify:' || {{ regex_remove('id', '^.*/') }},
    goods,
    payments,
    adjustments,
    {{ iso_to_utc('paid_back_at') }},
    received_at, file_name, file_hash, line
from within_orders
