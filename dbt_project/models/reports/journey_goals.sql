-- The entries whose journey got what it hoped for. Those of who was erased since were written down then.
with

journey_log as (

    select log.*, coalesce(aliases.customer_id, log.customer_id) as current_id
    from {{ source('ledger', 'journey_log') }} as log
    left join {{ ref('customer_aliases') }} as aliases
        on log.customer_id = aliases.alias_id
    where log.decided_at <= {{ as_of() }}

),

events as (

    select customer_id, event, happened_at from {{ ref('customer_events') }}
    union all
    select customer_id, 'tier', reached_at from {{ ref('tiers_reached') }}

)

select journey_log.journey, journey_log.current_id as customer_id, journey_log.entry_key
from journey_log
inner join {{ source('run', 'journeys') }} as journeys
    on journey_log.journey = journeys.journey
inner join events
    on journey_log.current_id = events.customer_id and journeys.goal_event = events.event
    and {{ counts_as_goal('events.happened_at', 'journey_log.entered_at', 'journeys.goal_within_days') }}
where journey_log.kind = 'entered'
union
select journey, current_id, entry_key
from journey_log
where kind = 'goal_reached'
