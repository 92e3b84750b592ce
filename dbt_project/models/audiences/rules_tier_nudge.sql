{{ holds_until('a member has been quiet, or has no time left', "select "
    ~ days_later('last_ordered_at', programme_rule('nudge_after_purchase_days')) ~ " as moment from " ~ this
    ~ " union all select " ~ just_after(days_later('year_expires_at', '-' ~ programme_rule('nudge_window_left_days')))
    ~ " from " ~ this, looks=2) }}
with

memberships as (

    select * from {{ ref('memberships') }}

),

bands as (

    select * from {{ ref('int_tier_bands_entered') }}

),

rules as (  -- every member, one named column per rule

    select
        memberships.customer_id,
        bands.movement_id as entry_key,
        greatest(
            bands.moved_at,
            {{ days_later('bands.last_ordered_at', programme_rule('nudge_after_purchase_days')) }}
        ) as entered_at,
        memberships.tier,
        memberships.next_tier,
        memberships.year_points,
        memberships.points_to_next_tier,
        bands.basket_points,
        bands.last_ordered_at,
        memberships.year_expires_at,
        memberships.next_tier is not null as has_a_next_tier,
        coalesce(
            memberships.points_to_next_tier > 0 and memberships.points_to_next_tier <= bands.basket_points
            and bands.movement_id is not null, false
        ) as is_within_a_basket,
        coalesce(
            {{ days_later('bands.last_ordered_at', programme_rule('nudge_after_purchase_days')) }} <= {{ as_of() }},
            false
        ) as has_been_quiet,
        {{ days_later(as_of(), programme_rule('nudge_window_left_days')) }} <= memberships.year_expires_at
            as has_time_left
    from memberships
    left join bands
        on memberships.customer_id = bands.customer_id

)

select * from rules
