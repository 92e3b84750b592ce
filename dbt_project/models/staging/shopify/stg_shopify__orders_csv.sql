with

source as (

    select * from {{ source('shopify', 'orders') }}

),

renamed as (

    select
        ---------- ids
        'shopify:' || id as order_id,
        case when lower(source_name) = 'pos' then 'store' else 'web' end as order_channel,
        cast(null as varchar) as shop_customer,
        cast(null as varchar) as member_card,

        ---------- strings
        email_folded as email,
        coalesce(phone_e164, billing_phone_e164) as phone,
        coalesce(shipping_country, billing_country) as country,
        upper(currency) as currency,
        discount_code,
        case when lower(payment_method) like '%bogus%' then 'test' else lower(financial_status) end as payment_state,
        lower(fulfillment_status) as fulfilment_state,

        ---------- numerics
        cast(subtotal as decimal(18, 2)) as gross_total,
        -- paid back with shipping, which is never ours to count; just the shipping, and no goods came back
        cast(case
            when lower(financial_status) = 'partially_refunded' and refunded_amount = shipping then 0
            else least(coalesce(refunded_amount, 0), subtotal)
        end as decimal(18, 2)) as refund_total,

        ---------- timestamps
        created_at as happened_at,
        paid_at,
        fulfilled_at,
        cancelled_at,
        cast(null as timestamp) as changed_at,
        received_at, file_name, file_hash, line

    from source
    where financial_status is not null  -- the order's first row; the others carry only a line

)

select * from renamed
