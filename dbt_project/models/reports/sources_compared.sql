-- How old the newest fact of each watched source is, and how old it may be: as long as its seed says, or five times
-- its usual silence. Who sells twice a week is not stale after a day; who is silent for four weeks always is.
{{ decides_until('a source turns stale', "select "
    ~ just_after(minutes_later("case when newest_received_at = cast(cast(newest_received_at as date) as timestamp) then "
        ~ days_later('newest_received_at', 1) ~ " else newest_received_at end", '60 * allowed_hours'))
    ~ " as moment from " ~ this) }}
with

received as (

    select
        source,
        newest_received_at,
        -- known only by its date: what a file named after yesterday tells is known until midnight
        case
            when newest_received_at = cast(cast(newest_received_at as date) as timestamp)
                then {{ days_later('newest_received_at', 1) }}
            else newest_received_at
        end as known_until,
        case
            when active_hours > 0
                then least({{ whole_ratio('5 * 28 * 24', 'active_hours') }}, 28 * 24)
            else 0
        end as usual_hours
    from {{ ref('sources_received') }}

)

select
    freshness.source,
    freshness.may_be_empty,
    received.newest_received_at,
    greatest(freshness.max_age_hours, received.usual_hours) as allowed_hours,
    coalesce(
        {{ minutes_later('received.known_until', '60 * greatest(freshness.max_age_hours, received.usual_hours)') }}
        < {{ as_of() }}, false
    ) as is_stale
from {{ ref('freshness') }} as freshness
left join received
    on freshness.source = received.source
where freshness.max_age_hours is not null
