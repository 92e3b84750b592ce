-- One row per address and channel: what it said last, and whether we must leave it alone.
with

consent_events as (

    select distinct address, channel, event, source, happened_at
    from {{ ref('int_consent_events_unioned') }}
    where happened_at <= {{ as_of() }}

),

ranked as (

    select
        consent_events.*,
        row_number() over (
            partition by address, channel
            order by happened_at desc, event desc, source  -- of the same moment, opted_out wins
        ) as newness
    from consent_events
    where event in ('opted_in', 'opted_out')

),

latest as (

    select * from ranked where newness = 1

),

addresses as (

    select
        address,
        channel,
        min(case when event = 'bounced' then happened_at end) as bounced_at,
        min(case when event = 'complained' then happened_at end) as complained_at
    from consent_events
    group by address, channel

)

select
    addresses.address,
    addresses.channel,
    coalesce(latest.event, 'none') as consent_state,
    latest.source as consent_source,
    latest.happened_at as captured_at,
    case
        when addresses.complained_at is not null then 'complained'
        when addresses.bounced_at is not null then 'bounced'
        when latest.event = 'opted_out' and addresses.channel = 'sms' then 'stopped'
        when latest.event = 'opted_out' then 'unsubscribed'
    end as suppression_reason,
    coalesce(addresses.complained_at, addresses.bounced_at, latest.happened_at) as suppressed_at
from addresses
left join latest
    on addresses.address = latest.address and addresses.channel = latest.channel
