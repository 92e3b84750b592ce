with

source as (

    select * from {{ source('zendesk', 'tickets') }}

),

renamed as (

    select
        ---------- ids
        'zendesk:' || id as ticket_id,
        'zendesk:' || requester_id as contact_id,

        ---------- strings
        cast(null as varchar) as email,
        cast(null as varchar) as phone,
        lower(status) as status,
        lower(priority) as priority,
        lower(via_channel) as channel,

        ---------- booleans
        lower(status) in ('new', 'open', 'pending', 'hold') as is_open,

        ---------- timestamps
        created_at as happened_at,
        case when lower(status) in ('solved', 'closed') then updated_at end as solved_at,
        updated_at as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
