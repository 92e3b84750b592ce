with

source as (

    select * from {{ source('shopify', 'customers') }}

),

renamed as (

    select
        ---------- ids
        'shop_customer:' || coalesce(customer_id, email_folded) as record_id,
        customer_id as shop_customer,
        cast(null as varchar) as member_card,

        ---------- strings
        email_folded as email,
        coalesce(phone_e164, default_address_phone_e164) as phone,
        first_name,
        last_name,
        cast(null as varchar) as birthday,
        cast(null as integer) as birth_year,
        default_address_street as street,
        default_address_zip as postcode,
        default_address_country_code as country,
        cast(null as varchar) as joined_by,

        ---------- booleans
        accepts_email_marketing as is_email_opted_in,
        accepts_sms_marketing as is_sms_opted_in,

        ---------- timestamps
        cast(null as timestamp) as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
