with

source as (

    select * from {{ source('pos', 'members') }}

),

renamed as (

    select
        ---------- ids
        'member:' || upper(member_card) as record_id,
        cast(null as varchar) as shop_customer,
        upper(member_card) as member_card,

        ---------- strings
        email_folded as email,
        phone_e164 as phone,
        given_name as first_name,
        surname as last_name,
        substr({{ iso_date('dob') }}, 6) as birthday,
        extract(year from dob) as birth_year,
        street,
        postcode,
        upper(country) as country,
        'till' as joined_by,

        ---------- booleans
        cast(null as boolean) as is_email_opted_in,
        cast(null as boolean) as is_sms_opted_in,

        ---------- timestamps
        cast(joined as timestamp) as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
