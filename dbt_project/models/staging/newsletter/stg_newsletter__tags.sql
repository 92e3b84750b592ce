with

members as (

    select * from {{ source('newsletter', 'members') }}

),

tags as (

    {{ list_parts('members', 'tags') | indent(4) }}

)

select
    'newsletter:' || email_address_folded as tagged_id,
    'newsletter:' || email_address_folded as record_id,
    'subscriber' as record_type,
    part as tag,
    coalesce(confirm_time, optin_time) as happened_at,
    last_changed as changed_at,
    received_at,
    file_name,
    file_hash,
    part_number as line
from tags
