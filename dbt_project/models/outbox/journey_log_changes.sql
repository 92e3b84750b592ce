-- What this run adds to the journey log when it commits. A stopped journey admits nobody, exits nobody, drops nothing.
with

entries as (

    select entries.*
    from {{ ref('int_journey_entries') }} as entries
    where entries.journey not in (select journey from {{ source('run', 'held_journeys') }})

),

candidates as (

    select * from {{ ref('outbox_candidates') }} where not is_journey_held

),

open_steps as (

    select journey, customer_id, entry_key, bool_and(passed_at is not null) as is_completed
    from {{ ref('int_steps_timed') }}
    group by journey, customer_id, entry_key

),

goals as (

    select journey, customer_id, entry_key
    from candidates
    group by journey, customer_id, entry_key
    having bool_or(is_goal_reached) and bool_and(purpose = 'marketing')  -- what is owed keeps the entry open

)

select
    journey, customer_id, entry_key, 'entered' as kind, cast(null as varchar) as step,
    case when is_backlog then 'backlog' else 'audience' end as reason,
    arm, definition_hash, is_backlog, entered_at
from entries
where is_new
union all
-- a branch is logged when its step falls due, and never asked again
select
    candidates.journey, candidates.customer_id, candidates.entry_key, 'branched', candidates.step, candidates.variant,
    entries.arm, entries.definition_hash, entries.is_backlog, entries.entered_at
from candidates
inner join entries
    on candidates.journey = entries.journey and candidates.customer_id = entries.customer_id
    and candidates.entry_key = entries.entry_key
where candidates.variant is not null and not candidates.is_branch_logged
    and not candidates.is_waiting_for_previous_step and not candidates.is_not_due_yet
union all
select
    candidates.journey, candidates.customer_id, candidates.entry_key, 'step_dropped', candidates.step, 'too_old',
    entries.arm, entries.definition_hash, entries.is_backlog, entries.entered_at
from candidates
inner join entries
    on candidates.journey = entries.journey and candidates.customer_id = entries.customer_id
    and candidates.entry_key = entries.entry_key
where candidates.is_too_old and not candidates.is_goal_reached and not candidates.is_exited
union all
select
    entries.journey, entries.customer_id, entries.entry_key, 'exited', null,
    case
        when goals.journey is not null then 'goal_reached'
        when not entries.is_inside then 'left_audience'
        else 'completed'
    end,
    entries.arm, entries.definition_hash, entries.is_backlog, entries.entered_at
from entries
left join goals
    on entries.journey = goals.journey and entries.customer_id = goals.customer_id
    and entries.entry_key = goals.entry_key
left join open_steps
    on entries.journey = open_steps.journey and entries.customer_id = open_steps.customer_id
    and entries.entry_key = open_steps.entry_key
where goals.journey is not null or not entries.is_inside or open_steps.is_completed
