-- How many people may be inside each journey today, by the last four of this weekday. No row: nothing to compare with.
{{ holds_until('the day turns', next_day(), looks=2) }}
with

earlier as (

    select
        journey,
        size,
        row_number() over (partition by journey order by day desc) as weekdays_ago
    from {{ source('ledger', 'audience_sizes') }}
    where cast(day as date) < cast({{ as_of() }} as date)
        and extract(dow from cast(day as date)) = extract(dow from {{ as_of() }})

),

usual as (

    select journey, count(*) as weekday_count, {{ quantile_of('size', '0.5') }} as weekday_median
    from earlier
    where weekdays_ago <= 4
    group by journey
    having count(*) >= 2

),

limits as (

    select
        {{ plausible_limit('audiences', 'weekday_size', 'least', 'critical') }} as least_percent,
        {{ plausible_limit('audiences', 'weekday_size', 'most', 'critical') }} as most_percent,
        {{ limit_of('weekday_floor') }} as floor_people

)

select
    usual.journey,
    usual.weekday_count,
    usual.weekday_median,
    -- a small audience may vanish, and a few more are never too many
    case
        when usual.weekday_median >= limits.floor_people
            then cast(ceil(usual.weekday_median * limits.least_percent / 100) as bigint)
    end as fewest,
    case
        when limits.most_percent is not null
            then
                cast(floor(greatest(
                    usual.weekday_median * limits.most_percent / 100, usual.weekday_median + limits.floor_people
                )) as bigint)
    end as most
from usual
cross join limits
