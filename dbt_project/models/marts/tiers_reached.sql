-- When each member first reached each tier in this membership year. One carried over from the year before is held
-- already: who was silver in spring is no new silver for buying in autumn.
with

running as (

    select
        movements.customer_id,
        movements.moved_at,
        sum(movements.points) over (
            partition by movements.customer_id order by movements.moved_at, movements.movement_id
        ) as year_points
    from {{ ref('points_movements') }} as movements
    inner join {{ ref('memberships') }} as memberships
        on movements.customer_id = memberships.customer_id
        and movements.counted_at >= memberships.year_started_at

)

select running.customer_id, tiers.tier, min(running.moved_at) as reached_at
from running
inner join {{ ref('tiers') }} as tiers
    on running.year_points >= tiers.from_points and tiers.position > 1
inner join {{ ref('int_points_summed_to_members') }} as points
    on running.customer_id = points.customer_id and tiers.from_points > points.last_year_points
group by running.customer_id, tiers.tier
