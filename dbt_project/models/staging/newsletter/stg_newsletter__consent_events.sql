-- A list member is up to four events; the state is the file, not a column. An export's IP addresses are not taken in.
-- Whoever stands on a list of those who left has left it later than they joined, whatever date the row gives.
with

members as (

    select
        email_address_folded as email,
        lower(split_part(file_name, '_', 1)) as list_state,
        {{ text_found('lower(file_name)', '_export_([0-9a-f]{10})') }} as audience,
        {{ refused_at('greatest(coalesce(unsub_time, last_changed, exported_at), confirm_time, optin_time)') }}
            as left_at,
        {{ refused_at('greatest(coalesce(clean_time, last_changed, exported_at), confirm_time, optin_time)') }}
            as cleaned_at,
        list.*
    from {{ source('newsletter', 'members') }} as list

),

events as (

    select *, 'requested' as event, optin_time as happened_at, ', signed up ' || cast(optin_time as varchar) as detail
    from members where optin_time is not null and list_state <> 'nonsubscribed'
    union all
    select *, 'confirmed', confirm_time, ', confirmed ' || cast(confirm_time as varchar)
    from members where confirm_time is not null and list_state <> 'nonsubscribed'
    union all
    select *, 'opted_out', left_at, ', ' || lower(unsub_reason) from members where list_state = 'unsubscribed'
    union all
    select *, 'bounced', cleaned_at, null from members where list_state = 'cleaned'

)

select
    {{ unit_of_word("coalesce(audience || ':', '') || email", 'coalesce(unsub_time, last_changed)') }} as unit_id,
    {{ said_by("event in ('opted_out', 'bounced')", 'email', 'email_address_maybe') }} as address,
    'email' as channel, 'marketing' as purpose, event,
    case when event in ('requested', 'confirmed') then 'consent' end as basis,
    audience as list,
    list_state || ' list' || coalesce(detail, '') as proof,
    upper(cc) as country,
    happened_at,
    last_changed as changed_at,
    received_at, file_name, file_hash, line
from events
