with

source as (

    {{ last_in_file(source('woocommerce', 'customers'), 'id', 'date_modified_gmt') }}

),

renamed as (

    select
        ---------- ids
        'woocommerce:' || id as record_id,
        'woocommerce:' || id as shop_customer,
        cast(null as varchar) as member_card,

        ---------- strings
        email_folded as email,
        phone_e164 as phone,
        first_name,
        last_name,
        cast(null as varchar) as birthday,
        cast(null as integer) as birth_year,
        street,
        postcode,
        country,
        cast(null as varchar) as joined_by,

        ---------- booleans
        cast(null as boolean) as is_email_opted_in,
        cast(null as boolean) as is_sms_opted_in,

        ---------- timestamps
        date_created_gmt as happened_at,
        date_modified_gmt as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
