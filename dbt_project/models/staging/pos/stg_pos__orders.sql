-- Receipts, one row per receipt and file version. A receipt has no sum of its own: its lines tell what was sold.
select
    order_id,
    'store' as order_channel,
    cast(null as varchar) as shop_customer,
    max(member_card) as member_card,
    max(email) as email,
    max(phone) as phone,
    max(country) as country,
    max(currency) as currency,
    cast(null as varchar) as discount_code,
    cast(null as varchar) as payment_state,
    'fulfilled' as fulfilment_state,
    cast(null as decimal(18, 2)) as gross_total,
    cast(null as decimal(18, 2)) as refund_total,
    min(happened_at) as happened_at,
    min(happened_at) as paid_at,
    min(happened_at) as fulfilled_at,
    cast(null as timestamp) as cancelled_at,
    cast(null as timestamp) as changed_at,
    min(received_at) as received_at,
    file_name,
    file_hash,
    min(line) as line
from {{ ref('stg_pos__order_lines') }}
group by order_id, file_name, file_hash
