-- Every step of every open entry: what became of it, and when it falls due.
-- A step is passed when sent, failed or dropped; the next wait runs from that moment.
with

entries as (

    select * from {{ ref('int_journey_entries') }}

),

steps as (

    select * from {{ source('run', 'journey_steps') }}

),

aliases as (

    select * from {{ ref('customer_aliases') }}

),

messages as (

    select
        messages.journey, messages.step, messages.entry_key,
        coalesce(aliases.customer_id, messages.customer_id) as customer_id,
        max(case when messages.state in ('accepted', 'failed') then messages.decided_at end) as sent_at,
        bool_or(messages.state in ('claimed', 'intended', 'in_doubt')) as is_in_flight
    from {{ source('ledger', 'messages') }} as messages
    left join aliases on messages.customer_id = aliases.alias_id
    where messages.decided_at <= {{ as_of() }}
    group by messages.journey, messages.step, messages.entry_key, coalesce(aliases.customer_id, messages.customer_id)

),

drops as (

    select
        log.journey, log.step, log.entry_key,
        coalesce(aliases.customer_id, log.customer_id) as customer_id,
        min(log.decided_at) as dropped_at
    from {{ source('ledger', 'journey_log') }} as log
    left join aliases on log.customer_id = aliases.alias_id
    where log.kind = 'step_dropped' and log.decided_at <= {{ as_of() }}
    group by log.journey, log.step, log.entry_key, coalesce(aliases.customer_id, log.customer_id)

),

stepped as (

    select
        entries.journey, entries.customer_id, entries.entry_key, entries.entered_at, entries.admitted_at,
        entries.arm, entries.is_inside, entries.is_backlog, entries.is_new,
        steps.step, steps.position, steps.channel, steps.fallback, steps.wait_minutes, steps.max_age_minutes,
        steps.offer, steps.purpose, steps.basis, steps.holdout_percent, steps.template_version,
        branches.variant, coalesce(branches.is_logged, false) as is_branch_logged,
        coalesce(messages.sent_at, drops.dropped_at) as passed_at,
        coalesce(messages.is_in_flight, false) as is_in_flight
    from entries
    inner join steps
        on entries.journey = steps.journey
    left join messages
        on entries.journey = messages.journey and steps.step = messages.step
        and entries.customer_id = messages.customer_id and entries.entry_key = messages.entry_key
    left join {{ ref('int_branches_taken') }} as branches
        on entries.journey = branches.journey and steps.step = branches.step
        and entries.customer_id = branches.customer_id and entries.entry_key = branches.entry_key
    left join drops
        on entries.journey = drops.journey and steps.step = drops.step
        and entries.customer_id = drops.customer_id and entries.entry_key = drops.entry_key

),

waited as (

    select
        *,
        case
            when position = 1 then entered_at
            else lag(passed_at) over (partition by journey, customer_id, entry_key order by position)
        end as waits_from
    from stepped

)

select
    *,
    {{ message_id('journey', 'step', 'customer_id', 'entry_key') }} as message_id,
    {{ minutes_later('waits_from', 'wait_minutes') }} as due_at,
    {{ minutes_later('waits_from', 'wait_minutes + max_age_minutes') }} as expires_at
from waited
