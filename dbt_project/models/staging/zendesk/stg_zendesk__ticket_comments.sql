with

source as (

    select * from {{ source('zendesk', 'comments') }}

),

renamed as (

    select
        ---------- ids
        'zendesk:' || id as comment_id,
        'zendesk:' || ticket_id as ticket_id,
        'zendesk:' || user_id as contact_id,

        ---------- booleans
        is_public,

        ---------- timestamps
        created_at as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
