-- One row per member: points, tier, and how far the next one is. A tier reached in one year stays through the next.
with

points as (

    select * from {{ ref('int_points_summed_to_members') }}

),

tiers as (

    select * from {{ ref('tiers') }}

),

positions as (

    select points.customer_id, max(tiers.position) as position
    from points
    inner join tiers
        on greatest(points.year_points, points.last_year_points, 0) >= tiers.from_points
    group by points.customer_id

)

select
    points.customer_id,
    points.member_since,
    points.year_started_at,
    points.year_expires_at,
    tiers.tier,
    next_tiers.tier as next_tier,
    cast(points.points_balance as bigint) as points_balance,
    cast(points.points_pending as bigint) as points_pending,
    cast(points.year_points as bigint) as year_points,
    cast(next_tiers.from_points - points.year_points as bigint) as points_to_next_tier
from points
inner join positions
    on points.customer_id = positions.customer_id
inner join tiers
    on positions.position = tiers.position
left join tiers as next_tiers
    on positions.position + 1 = next_tiers.position
