with

source as (

    {{ last_in_file(source('shopify', 'customers_api'), 'id', 'updated_at') }}

),

renamed as (

    select
        ---------- ids
        'shop_customer:' || {{ regex_remove('id', '^.*/') }} as record_id,
        {{ regex_remove('id', '^.*/') }} as shop_customer,
        cast(null as varchar) as member_card,

        ---------- strings
        email_folded as email,
        coalesce(phone_e164, address_phone_e164) as phone,
        first_name,
        last_name,
        cast(null as varchar) as birthday,
        cast(null as integer) as birth_year,
        street,
        zip as postcode,
        country,
        cast(null as varchar) as joined_by,

        ---------- booleans: states that have a moment are consent events as well, and those outweigh these
        coalesce(lower(email_state) = 'subscribed', accepts_marketing) as is_email_opted_in,
        lower(sms_state) = 'subscribed' as is_sms_opted_in,

        ---------- timestamps
        created_at as happened_at,
        updated_at as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
