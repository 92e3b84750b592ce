with

source as (

    select * from {{ source('klaviyo', 'profiles') }}

),

renamed as (

    select
        'klaviyo:' || coalesce(email_folded, phone_number_e164, phone_number) as record_id,
        locale as written,
        coalesce(email_consent_at, created_at) as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source
    where locale is not null and coalesce(email, phone_number) is not null

)

select * from renamed
