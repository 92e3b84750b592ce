-- Everything that was ever said or shown about an address, each word once per customer it may concern.
with

events as (

    select * from {{ ref('int_consent_events_unioned') }}

),

addresses as (

    select customer_id, identifier as address, case identifier_type when 'email' then 'email' else 'sms' end as channel
    from {{ ref('identifiers') }}
    where identifier_type in ('email', 'phone')

)

select
    addresses.customer_id,
    events.address,
    events.channel,
    events.purpose,
    events.event,
    events.basis,
    events.proof,
    events.source,
    events.country,
    events.happened_at,
    events.received_at
from events
left join addresses
    on events.address = addresses.address and events.channel = addresses.channel
union all
select
    customer_id, address, channel, 'marketing', 'opted_in', 'consent', 'a yes without a date', source, null, null,
    received_at
from {{ ref('int_flags_resolved') }}
