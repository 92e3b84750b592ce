with

source as (

    select * from {{ source('shopify', 'orders') }}

),

renamed as (

    select
        ---------- ids
        'shopify:' || id as order_id,

        ---------- strings
        {{ normalise_email('email') }} as email,
        coalesce(phone, billing_phone) as phone,
        lower(financial_status) as payment_state,
        lower(fulfillment_status) as fulfilment_state,
        upper(currency) as currency,
        coalesce(shipping_country, billing_country) as country,
        discount_code,

        ---------- numerics
        cast(subtotal as decimal(18, 2)) as subtotal,
        cast(coalesce(refunded_amount, 0) as decimal(18, 2)) as refunded_amount,

        ---------- timestamps
        created_at as happened_at,
        paid_at,
        fulfilled_at,
        cancelled_at,
        received_at,
        file_name,
        file_hash,
        line

    from source
    where financial_status is not null  -- the order's first row; the others carry only a line

)

select * from renamed
