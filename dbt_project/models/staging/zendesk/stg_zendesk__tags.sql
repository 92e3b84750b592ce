with

tickets as (

    -- a copy whose tags are in a table of their own says nothing of them
    select * from {{ source('zendesk', 'tickets') }} where tags is not null

),

tags as (

    {{ list_parts('tickets', 'tags') | indent(4) }}

)

select
    'zendesk:' || id as tagged_id,
    'zendesk:' || requester_id as record_id,
    'ticket' as record_type,
    part as tag,
    created_at as happened_at,
    updated_at as changed_at,
    received_at,
    file_name,
    file_hash,
    part_number as line
from tags
