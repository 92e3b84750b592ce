with

source as (

    select * from {{ source('newsletter', 'members') }}

),

renamed as (

    select
        'newsletter:' || email_address_folded as record_id,
        language as written,
        coalesce(confirm_time, optin_time) as happened_at,
        last_changed as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source
    where language is not null

)

select * from renamed
