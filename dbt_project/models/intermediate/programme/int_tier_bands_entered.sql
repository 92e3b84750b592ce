-- The movement that last brought each member within one own average basket of the next tier.
with

memberships as (

    select * from {{ ref('memberships') }} where next_tier is not null

),

worth as (  -- each currency earns by its own rule: ten-thousandths of a point, of all kept orders

    select
        totals.customer_id,
        sum(totals.order_count) as order_count,
        max(totals.last_ordered_at) as last_ordered_at,
        sum({{ whole_ratio('totals.net_total * 10000', 'rules.amount_per_point') }}) as point_parts
    from {{ ref('customer_totals') }} as totals
    inner join {{ ref('earning_rules') }} as rules
        on totals.currency = rules.currency
    group by totals.customer_id

),

baskets as (

    select
        customer_id,
        last_ordered_at,
        -- whole points of an average kept order
        {{ whole_ratio('point_parts', '(order_count * 10000)') }} as basket_points
    from worth
    where point_parts > 0

),

running as (

    select
        movements.customer_id,
        movements.movement_id,
        movements.moved_at,
        movements.points,
        memberships.points_to_next_tier + memberships.year_points - sum(movements.points) over (
            partition by movements.customer_id order by movements.moved_at, movements.movement_id
        ) as gap_after
    from {{ ref('points_movements') }} as movements
    inner join memberships
        on movements.customer_id = memberships.customer_id
        and movements.counted_at >= memberships.year_started_at

),

crossings as (

    select
        running.*,
        row_number() over (
            partition by running.customer_id order by running.moved_at desc, running.movement_id desc
        ) as recency_rank
    from running
    inner join baskets
        on running.customer_id = baskets.customer_id
        and running.gap_after <= baskets.basket_points
        and running.gap_after + running.points > baskets.basket_points

)

select
    baskets.customer_id,
    baskets.basket_points,
    baskets.last_ordered_at,
    crossings.movement_id,
    crossings.moved_at
from baskets
left join crossings
    on baskets.customer_id = crossings.customer_id and crossings.recency_rank = 1
