with

source as (

    {{ last_in_file(source('woocommerce', 'orders'), 'id', 'date_modified_gmt') }}

),

sums as (

    select * from {{ ref('stg_woocommerce__order_sums') }}

)

select
    'woocommerce:' || source.id as order_id,
    'web' as order_channel,
    case when source.customer_id <> '0' then 'woocommerce:' || source.customer_id end as shop_customer,  -- 0 is a guest
    cast(null as varchar) as member_card,
    source.email_folded as email,
    source.phone_e164 as phone,
    coalesce(source.shipping_country, source.billing_country) as country,
    upper(source.currency) as currency,
    source.coupon_code as discount_code,
    source.status as payment_state,
    case when source.status = 'completed' then 'fulfilled' else 'unfulfilled' end as fulfilment_state,
    cast(coalesce(sums.gross_total, 0) as decimal(18, 2)) as gross_total,
    cast(case
        when source.status = 'refunded' then coalesce(sums.gross_total, 0)
        else least(coalesce(sums.paid_back_total, 0), coalesce(sums.gross_total, 0))
    end as decimal(18, 2)) as refund_total,
    source.date_created_gmt as happened_at,
    source.date_paid_gmt as paid_at,
    case
        when source.status = 'completed' then coalesce(source.date_completed_gmt, source.date_modified_gmt)
    end as fulfilled_at,
    case
        when source.status in ('cancelled', 'failed', 'trash')
            then coalesce(source.date_modified_gmt, source.date_created_gmt)
    end as cancelled_at,
    source.date_modified_gmt as changed_at,
    source.received_at, source.file_name, source.file_hash, source.line
from source
left join sums
    on 'woocommerce:' || source.id = sums.order_id and source.file_hash = sums.file_hash
