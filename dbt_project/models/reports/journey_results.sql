-- What each journey did, by arm: who entered, who got a message, who did what it hoped for, and the orders that
-- followed.
with

journey_log as (

    select log.*, coalesce(aliases.customer_id, log.customer_id) as current_id
    from {{ source('ledger', 'journey_log') }} as log
    left join {{ ref('customer_aliases') }} as aliases
        on log.customer_id = aliases.alias_id
    where log.kind = 'entered' and log.decided_at <= {{ as_of() }}

),

sent as (

    select
        messages.journey, messages.entry_key,
        coalesce(aliases.customer_id, messages.customer_id) as customer_id,
        count(*) as message_count
    from {{ source('ledger', 'messages') }} as messages
    left join {{ ref('customer_aliases') }} as aliases
        on messages.customer_id = aliases.alias_id
    where messages.state = 'accepted' and messages.decided_at <= {{ as_of() }}
    group by messages.journey, messages.entry_key, coalesce(aliases.customer_id, messages.customer_id)

),

goals as (

    select * from {{ ref('journey_goals') }}

)

select
    journey_log.journey,
    journey_log.arm,
    count(*) as entry_count,
    count(sent.customer_id) as reached_count,
    cast(coalesce(sum(sent.message_count), 0) as bigint) as message_count,
    count(goals.customer_id) as goal_count
from journey_log
left join sent
    on journey_log.journey = sent.journey and journey_log.entry_key = sent.entry_key
    and journey_log.current_id = sent.customer_id
left join goals
    on journey_log.journey = goals.journey and journey_log.entry_key = goals.entry_key
    and journey_log.current_id = goals.customer_id
group by journey_log.journey, journey_log.arm
