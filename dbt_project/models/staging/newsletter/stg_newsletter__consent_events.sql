-- A list member is up to three events; the state is the file, not a column.
with

members as (

    select
        {{ normalise_email('email_address') }} as email,
        split_part(file_name, '_', 1) as list_state,
        coalesce(confirm_time, optin_time) as joined_at,
        coalesce(unsub_time, last_changed) as left_at,
        coalesce(clean_time, last_changed) as cleaned_at,
        list.*
    from {{ source('newsletter', 'members') }} as list

),

events as (

    select *, 'opted_in' as event, joined_at as happened_at from members where joined_at is not null
    union all
    select *, 'opted_out', left_at from members where list_state = 'unsubscribed'
    union all
    select *, 'bounced', cleaned_at from members where list_state = 'cleaned'

)

select
    email as unit_id,
    email as address,
    'email' as channel,
    'marketing' as purpose,
    event,
    case when event = 'opted_in' then 'consent' end as basis,
    cast(null as varchar) as proof,
    upper(cc) as country,
    happened_at,
    last_changed as changed_at,
    received_at,
    file_name,
    file_hash,
    line
from events
