with

source as (

    select * from {{ source('klaviyo', 'profiles') }}

),

renamed as (

    select
        ---------- ids
        'klaviyo:' || coalesce(email_folded, phone_number_e164, phone_number) as record_id,
        cast(null as varchar) as shop_customer,
        cast(null as varchar) as member_card,

        ---------- strings
        email_folded as email,
        phone_number_e164 as phone,
        first_name,
        last_name,
        cast(null as varchar) as birthday,
        cast(null as integer) as birth_year,
        address as street,
        zip_code as postcode,
        case when length(country) = 2 then upper(country) end as country,
        case when upper(email_consent) like 'SUBSCRIBE%' then 'web' end as joined_by,

        ---------- booleans
        -- a consent without a date is a flag, which no dated word yields to
        upper(email_consent) like 'SUBSCRIBE%' and email_consent_at is null as is_email_opted_in,
        upper(sms_consent) like 'SUBSCRIBE%' and sms_consent_at is null as is_sms_opted_in,

        ---------- timestamps
        coalesce(email_consent_at, created_at) as happened_at,
        cast(null as timestamp) as changed_at,
        received_at, file_name, file_hash, line

    from source
    where coalesce(email, phone_number) is not null

)

select * from renamed
