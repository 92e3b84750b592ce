-- How much of its cap each open step would find used, by its person and by its address.
{% set due = "select message_id, customer_id, address from " ~ ref('outbox_verdicts') ~ " where not is_not_due_yet" %}
{{ decides_until('a cap has room again, or a gap ends', "select " ~ days_later('messages.sent_at', 'caps.days')
    ~ " as moment from " ~ ref('int_messages_counted') ~ " as messages inner join " ~ ref('caps')
    ~ " as caps on messages.channel = caps.channel and messages.purpose = caps.purpose"
    ~ " where exists (select 1 from (" ~ due ~ ") as due"
    ~ " where due.customer_id = messages.customer_id or due.address = messages.address)"
    ~ " union all select " ~ minutes_later('last_marketing_at', '60 * ' ~ limit_of('min_gap_hours'))
    ~ " from " ~ this) }}
with

steps as (

    select message_id, customer_id, channel, address, purpose from {{ ref('outbox_verdicts') }}

),

caps as (

    select * from {{ ref('caps') }}

),

counted as (

    select messages.*, caps.max_count
    from {{ ref('int_messages_counted') }} as messages
    inner join caps
        on messages.channel = caps.channel and messages.purpose = caps.purpose
    where messages.sent_at > {{ days_later(as_of(), '-caps.days') }}

),

persons as (

    select customer_id, channel, purpose, count(distinct message_key) as used
    from counted
    group by customer_id, channel, purpose

),

addresses as (

    select address, channel, purpose, count(distinct message_key) as used
    from counted
    group by address, channel, purpose

),

last_marketing as (

    select customer_id, max(sent_at) as sent_at
    from {{ ref('int_messages_counted') }}
    where purpose = 'marketing' and is_ours
        and sent_at > {{ minutes_later(as_of(), '-60 * ' ~ limit_of('min_gap_hours')) }}
    group by customer_id

)

select
    steps.message_id,
    caps.max_count,
    coalesce(persons.used, 0) as person_count,
    coalesce(addresses.used, 0) as address_count,
    last_marketing.sent_at as last_marketing_at
from steps
left join caps
    on steps.channel = caps.channel and steps.purpose = caps.purpose
left join persons
    on steps.customer_id = persons.customer_id and steps.channel = persons.channel
    and steps.purpose = persons.purpose
left join addresses
    on steps.address = addresses.address and steps.channel = addresses.channel
    and steps.purpose = addresses.purpose
left join last_marketing
    on steps.customer_id = last_marketing.customer_id
