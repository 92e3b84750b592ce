with

source as (

    select * from {{ source('shopify', 'customers') }}

),

renamed as (

    select
        ---------- ids
        customer_id as shop_customer,

        ---------- strings
        {{ normalise_email('email') }} as email,
        coalesce(phone, default_address_phone) as phone,
        first_name,
        last_name,
        default_address_country_code as country,
        tags,

        ---------- booleans
        accepts_email_marketing as is_email_opted_in,
        accepts_sms_marketing as is_sms_opted_in,

        ---------- timestamps
        cast(null as timestamp) as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
