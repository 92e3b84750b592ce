-- Every step of every open entry: what became of it, and when it falls due.
-- A step is passed when sent, failed or dropped; the next wait runs from that moment. A reminder of a step that was
-- never sent is passed with it.
with

entries as (

    select * from {{ ref('int_journey_entries') }}

),

steps as (

    select * from {{ source('run', 'journey_steps') }}

),

stepped as (

    select
        entries.journey, entries.customer_id, entries.entry_key, entries.entered_at, entries.admitted_at,
        entries.arm, entries.is_inside, entries.is_backlog, entries.is_new,
        steps.step, steps.position, steps.channel, steps.fallback, steps.wait_minutes, steps.max_age_minutes,
        steps.offer, steps.purpose, steps.basis, steps.holdout_percent, steps.template_version,
        steps.reminds_of, branches.variant, coalesce(branches.is_logged, false) as is_branch_logged,
        ends.sent_at,
        ends.ended_at,
        coalesce(ends.is_in_flight, false) as is_in_flight
    from entries
    inner join steps
        on entries.journey = steps.journey
    left join {{ ref('int_steps_ended') }} as ends
        on entries.journey = ends.journey and steps.step = ends.step
        and entries.customer_id = ends.customer_id and entries.entry_key = ends.entry_key
    left join {{ ref('int_branches_taken') }} as branches
        on entries.journey = branches.journey and steps.step = branches.step
        and entries.customer_id = branches.customer_id and entries.entry_key = branches.entry_key

),

reminded as (

    select
        stepped.*,
        coalesce(stepped.ended_at, case when before.sent_at is null then before.ended_at end) as passed_at
    from stepped
    left join stepped as before
        on stepped.journey = before.journey and stepped.reminds_of = before.step
        and stepped.customer_id = before.customer_id and stepped.entry_key = before.entry_key

),

waited as (

    select
        *,
        case
            when position = 1 then entered_at
            else lag(passed_at) over (partition by journey, customer_id, entry_key order by position)
        end as waits_from
    from reminded

)

select
    *,
    {{ message_id('journey', 'step', 'customer_id', 'entry_key') }} as message_id,
    {{ minutes_later('waits_from', 'wait_minutes') }} as due_at,
    {{ minutes_later('waits_from', 'wait_minutes + max_age_minutes') }} as expires_at
from waited
