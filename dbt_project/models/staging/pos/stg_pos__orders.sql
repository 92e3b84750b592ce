-- Receipts, one row per receipt and file version: pieces brought back are lines below zero.
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
    'fulfilled' as fulfilment_state,
    sum(case when line_total > 0 then line_total else 0 end) as gross_total,
    -sum(case when line_total < 0 then line_total else 0 end) as refund_total,
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
