with

source as (

    {{ last_in_file(source('shopify', 'orders_api'), 'id', 'updated_at') }}

),

renamed as (

    select
        ---------- ids
        'shopify:' || {{ regex_remove('id', '^.*/') }} as order_id,
        case when lower(source_name) = 'pos' then 'store' else 'web' end as order_channel,
        {{ regex_remove('customer_id', '^.*/') }} as shop_customer,
        cast(null as varchar) as member_card,

        ---------- strings
        email_folded as email,
        coalesce(phone_e164, billing_phone_e164) as phone,
        coalesce(shipping_country, billing_country) as country,
        upper(currency) as currency,
        discount_code,
        case when test then 'test' else lower(financial_status) end as payment_state,
        lower(coalesce(fulfillment_status, 'unfulfilled')) as fulfilment_state,

        ---------- numerics
        cast(subtotal as decimal(18, 2)) as gross_total,
        -- refunds that are listed have moments of their own
        case
            when lower(financial_status) = 'refunded' and coalesce(refunds, '[]') = '[]'
                then cast(subtotal as decimal(18, 2))
            else 0
        end as refund_total,

        ---------- timestamps
        created_at as happened_at,
        cast(null as timestamp) as paid_at,
        case when lower(fulfillment_status) = 'fulfilled' then fulfilled_at end as fulfilled_at,
        cancelled_at,
        updated_at as changed_at,
        received_at, file_name, file_hash, line

    from source

)

select * from renamed
