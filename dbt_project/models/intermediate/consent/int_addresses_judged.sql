-- One row per address and channel that ever said or did something: whether we must leave it alone.
{{ holds_until(
    'a word dated ahead is reached', "select happened_at as moment from " ~ ref('int_consent_events_unioned')
) }}
with

consent_events as (

    select * from {{ ref('int_consent_events_unioned') }}
    where happened_at <= {{ as_of() }} and address is not null

),

refusals as (

    select address, channel, captured_at from {{ ref('int_consents_stated') }}
    where state = 'opted_out' and purpose = 'marketing'

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
    case
        when addresses.complained_at is not null then 'complained'
        when addresses.bounced_at is not null then 'bounced'
        when refusals.address is not null and addresses.channel = 'sms' then 'stopped'
        when refusals.address is not null then 'unsubscribed'
    end as suppression_reason,
    coalesce(addresses.complained_at, addresses.bounced_at, refusals.captured_at) as suppressed_at
from addresses
left join refusals
    on addresses.address = refusals.address and addresses.channel = refusals.channel
