with

source as (

    select * from {{ source('newsletter', 'members') }}

),

renamed as (

    select
        ---------- ids
        'newsletter:' || email_address_folded as record_id,
        cast(null as varchar) as shop_customer,
        cast(null as varchar) as member_card,

        ---------- strings
        email_address_folded as email,
        phone_number_e164 as phone,
        first_name,
        last_name,
        -- a form that asks for it may offer today's
        nullif({{ month_and_day('birthday') }}, substr({{ iso_date('optin_time') }}, 6)) as birthday,
        cast(null as integer) as birth_year,
        cast(null as varchar) as street,
        cast(null as varchar) as postcode,
        upper(cc) as country,
        'web' as joined_by,

        ---------- booleans
        cast(null as boolean) as is_email_opted_in,
        cast(null as boolean) as is_sms_opted_in,

        ---------- timestamps
        coalesce(confirm_time, optin_time) as happened_at,
        last_changed as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
