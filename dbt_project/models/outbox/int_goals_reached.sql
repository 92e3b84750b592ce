-- The steps nobody needs to send any more: what their journey hoped for has happened.
select distinct steps.message_id
from {{ ref('int_steps_timed') }} as steps
inner join {{ source('run', 'journeys') }} as journeys
    on steps.journey = journeys.journey
inner join {{ ref('customer_events') }} as events
    on steps.customer_id = events.customer_id
    and journeys.goal_event = events.event
    and events.happened_at > steps.entered_at
    and events.happened_at <= {{ days_later('steps.entered_at', 'journeys.goal_within_days') }}
