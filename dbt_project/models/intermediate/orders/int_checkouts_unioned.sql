-- Checkouts that were begun, each as its newest known version has it.
{{ holds_until('a checkout is completed', moments_in_sources('checkouts', ['completed_at'])) }}
with

checkouts as (

    {{ from_sources('checkouts', unit='checkout_id', is_one_row=true, columns=[
        'checkout_id', 'order_id', 'shop_customer', 'email', 'phone', 'country', 'currency', 'gross_total',
        'happened_at', 'completed_at', 'received_at',
    ]) | indent(4) }}

)

select
    checkout_id,
    source,
    order_id,
    shop_customer,
    email,
    phone,
    country,
    currency,
    gross_total,
    happened_at as started_at,
    {{ if_past('completed_at') }} as completed_at,
    received_at
from checkouts
