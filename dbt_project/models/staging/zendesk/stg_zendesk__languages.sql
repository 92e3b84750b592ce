with

source as (

    select * from {{ source('zendesk', 'users') }}

),

renamed as (

    select
        'zendesk:' || id as record_id,
        locale as written,
        created_at as happened_at,
        updated_at as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source
    where locale is not null

)

select * from renamed
