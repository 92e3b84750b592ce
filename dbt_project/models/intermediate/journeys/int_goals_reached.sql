-- The promotions nobody needs any more: what their journey hoped for has happened. A service that somebody is
-- owed, such as a welcome gift, goes out all the same.
with

events as (

    select customer_id, event, happened_at from {{ ref('customer_events') }}
    union all
    select customer_id, 'tier', reached_at from {{ ref('tiers_reached') }}

)

select distinct steps.message_id
from {{ ref('int_steps_timed') }} as steps
inner join {{ source('run', 'journeys') }} as journeys
    on steps.journey = journeys.journey
inner join events
    on steps.customer_id = events.customer_id
    and journeys.goal_event = events.event
    and {{ counts_as_goal('events.happened_at', 'steps.entered_at', 'journeys.goal_within_days') }}
where steps.purpose = 'marketing'
