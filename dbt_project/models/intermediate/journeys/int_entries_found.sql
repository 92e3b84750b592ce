-- Who stands in an audience without an entry, and is let in by this run. Backlog is whoever qualified before we
-- could speak: before the journey started, or so long ago that their first message would already be stale.
{{ holds_until('an entry is stale, may come again, or the day turns', entry_moments(this), looks=5) }}
with

journeys as (

    select journeys.*, steps.wait_minutes + steps.max_age_minutes as stale_after_minutes
    from {{ source('run', 'journeys') }} as journeys
    inner join {{ source('run', 'journey_steps') }} as steps
        on journeys.journey = steps.journey and steps.position = 1
    where journeys.is_enabled and journeys.journey not in (select journey from {{ source('run', 'held_journeys') }})

),

audiences as (

    select * from {{ ref('int_audiences_unioned') }}

),

logged as (

    select * from {{ ref('int_entries_logged') }}

),

earlier as (

    select journey, customer_id, max(admitted_at) as last_admitted_at from logged group by journey, customer_id

),

allowed as (

    select
        audiences.journey, audiences.customer_id, audiences.entry_key, audiences.entered_at,
        journeys.backlog_per_day, journeys.holdout_percent, journeys.definition_hash,
        audiences.entered_at < journeys.starts_on
        or {{ minutes_later('audiences.entered_at', 'journeys.stale_after_minutes') }} <= {{ as_of() }} as is_backlog,
        row_number() over (
            partition by audiences.journey, audiences.customer_id
            order by audiences.entered_at, audiences.entry_key
        ) = 1 or journeys.reentry = 'per_key' as is_next_key
    from audiences
    inner join journeys
        on audiences.journey = journeys.journey
    left join earlier
        on audiences.journey = earlier.journey and audiences.customer_id = earlier.customer_id
    left join logged
        on audiences.journey = logged.journey and audiences.customer_id = logged.customer_id
        and audiences.entry_key = logged.entry_key
    where
        logged.journey is null
        and (
            earlier.last_admitted_at is null
            or journeys.reentry = 'per_key'
            or (
                journeys.reentry = 'cooldown'
                and {{ days_later('earlier.last_admitted_at', 'journeys.reentry_days') }} <= {{ as_of() }}
            )
            or (
                journeys.reentry = 'per_year'
                and extract(year from earlier.last_admitted_at) < extract(year from {{ as_of() }})
            )
        )

),

admitted_today as (

    select journey, count(*) as backlog_count
    from logged
    where is_backlog and cast(admitted_at as date) = cast({{ as_of() }} as date)
    group by journey

),

queued as (  -- newest silence first: the older it is, the less a day matters

    select
        allowed.*,
        coalesce(admitted_today.backlog_count, 0) + row_number() over (
            partition by allowed.journey, allowed.is_backlog
            order by allowed.entered_at desc, allowed.customer_id, allowed.entry_key
        ) as queue_number
    from allowed
    left join admitted_today
        on allowed.journey = admitted_today.journey
    where allowed.is_next_key

)

select
    journey, customer_id, entry_key,
    case when is_backlog then {{ as_of() }} else entered_at end as entered_at,
    case
        when {{ hash_bucket("journey || '|' || customer_id", 100) }} < holdout_percent then 'holdout'
        else 'treated'
    end as arm,
    definition_hash,
    is_backlog
from queued
where not is_backlog or queue_number <= backlog_per_day
