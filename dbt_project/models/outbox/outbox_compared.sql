-- What each journey says today, by what it said on the last four of this weekday. No row: nothing to compare with.
{{ holds_until('the day turns', next_day(), looks=4) }}
with

days as (  -- the days on which it ran, whether or not it spoke

    select
        journey,
        cast(day as date) as day,
        row_number() over (partition by journey order by day desc) as weekdays_ago
    from {{ source('ledger', 'audience_sizes') }}
    where cast(day as date) < cast({{ as_of() }} as date)
        and extract(dow from cast(day as date)) = extract(dow from {{ as_of() }})

),

said as (

    select journey, cast(decided_at as date) as day, count(*) as message_count
    from {{ source('ledger', 'messages') }}
    where decided_at <= {{ as_of() }} and state not in ('queued', 'withdrawn', 'expired', 'not_sent')
    group by journey, cast(decided_at as date)

),

usual as (

    select
        days.journey,
        count(*) as weekday_count,
        {{ quantile_of('coalesce(said.message_count, 0)', '0.5') }} as weekday_median
    from days
    left join said
        on days.journey = said.journey and days.day = said.day
    where days.weekdays_ago <= 4
    group by days.journey
    having count(*) >= 2

),

waiting as (

    select journey, count(*) as message_count from {{ ref('outbox') }} group by journey

),

so_far as (  -- with what earlier runs of the day have said

    select waiting.journey, waiting.message_count + coalesce(said.message_count, 0) as size
    from waiting
    left join said
        on waiting.journey = said.journey and said.day = cast({{ as_of() }} as date)

)

select
    so_far.journey as row_id,
    so_far.journey,
    so_far.size,
    usual.weekday_count,
    usual.weekday_median,
    coalesce(
        so_far.size > usual.weekday_median * {{ plausible_limit('outbox', 'weekday_size', 'most', 'warn') }} / 100,
        false
    ) as is_odd_weekday_size,
    coalesce(
        so_far.size > usual.weekday_median * {{ plausible_limit('outbox', 'weekday_size', 'most', 'critical') }} / 100,
        false
    ) as is_impossible_weekday_size
from so_far
inner join usual
    on so_far.journey = usual.journey
where so_far.size > usual.weekday_median + {{ limit_of('weekday_floor') }}  -- a few more are never too many
