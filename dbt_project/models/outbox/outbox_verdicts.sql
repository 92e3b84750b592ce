-- Every open step of every open entry, with one named verdict per rule. Caps and arbitration come after,
-- because they compare the rows that nothing else holds.
{{ decides_until('contact hours open or close', contact_hour_edges(this, unless=[
    'is_journey_held', 'is_waiting_for_approval', 'is_stopped', 'is_waiting_for_previous_step', 'is_not_due_yet',
    'is_goal_reached', 'is_exited', 'is_too_old', 'is_implausible', 'is_without_address', 'is_suppressed',
    'is_without_consent', 'is_holdout', 'is_muted',
])) }}
{{ decides_until('a message falls due or expires, or a mute ends', "select due_at as moment from " ~ this
    ~ " union all select expires_at from " ~ this
    ~ " union all select muted_until from " ~ ref('int_customers_muted')) }}
with

steps as (

    select * from {{ ref('int_steps_timed') }} where passed_at is null and not is_in_flight

),

choices as (

    select * from {{ ref('int_channels_chosen') }}

),

goals as (

    select * from {{ ref('int_goals_reached') }}

),

mutes as (

    select * from {{ ref('int_customers_muted') }}

),

stops as (

    select distinct scope, name from {{ source('ledger', 'switches') }} where is_stopped

),

due_counts as (  -- people, before anything else is held against them

    select journey, count(distinct customer_id) as due_count from steps where due_at <= {{ as_of() }} group by journey

)

select
    steps.message_id, steps.journey, steps.step, steps.position, steps.customer_id, steps.entry_key,
    steps.entered_at, steps.admitted_at, steps.arm, steps.variant, steps.is_branch_logged, steps.offer, steps.purpose,
    steps.template_version,
    choices.channel, choices.address, choices.consented_at, choices.consent_state, choices.consent_expires_at,
    choices.profiling, steps.basis,
    customers.locale, customers.time_zone, journeys.priority,
    steps.due_at, steps.expires_at,
    holds.journey is not null as is_journey_held,
    coalesce(due_counts.due_count, 0) > {{ limit_of('approval_above') }} and approvals.journey is null
        as is_waiting_for_approval,
    not journeys.is_enabled or exists (
        select 1
        from stops
        where stops.scope = 'all'
            or (stops.scope = 'journey' and stops.name = steps.journey)
            or (stops.scope = 'channel' and stops.name = choices.channel)
    ) as is_stopped,
    steps.due_at is null as is_waiting_for_previous_step,
    coalesce(steps.due_at > {{ as_of() }}, false) as is_not_due_yet,
    goals.message_id is not null as is_goal_reached,
    not steps.is_inside as is_exited,
    coalesce(steps.expires_at <= {{ as_of() }}, false) as is_too_old,
    -- sqlfluff takes this one for a function
    exists (  -- noqa: LT01, LT06
        select 1 from {{ ref('implausible_rows') }} as implausible where implausible.customer_id = steps.customer_id
    ) as is_implausible,
    coalesce(choices.is_without_address, true) as is_without_address,
    coalesce(choices.is_suppressed, false) as is_suppressed,
    coalesce(choices.is_without_consent, false) as is_without_consent,
    steps.arm = 'holdout' and steps.holdout_percent > 0 as is_holdout,
    steps.purpose = 'marketing' and coalesce(mutes.muted_until > {{ as_of() }}, false) as is_muted,
    coalesce(not (
        {{ is_contact_hour(utc_to_local(as_of(), 'customers.time_zone'), 'hours') }}
    ), false) as is_in_quiet_hours,
    hours.opens_hour, hours.closes_hour, hours.sunday_opens_hour
from steps
inner join {{ ref('customers') }} as customers
    on steps.customer_id = customers.customer_id
inner join {{ source('run', 'journeys') }} as journeys
    on steps.journey = journeys.journey
left join choices
    on steps.message_id = choices.message_id
left join goals
    on steps.message_id = goals.message_id
left join mutes
    on steps.customer_id = mutes.customer_id
left join due_counts
    on steps.journey = due_counts.journey
left join {{ source('run', 'held_journeys') }} as holds
    on steps.journey = holds.journey
left join {{ source('ledger', 'approvals') }} as approvals
    on steps.journey = approvals.journey and journeys.version = approvals.version
left join {{ ref('quiet_hours') }} as hours
    on steps.purpose = hours.purpose and choices.channel = hours.channel
