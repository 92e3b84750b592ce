-- The movement that last brought each member within one own average basket of the next tier.
with

memberships as (

    select * from {{ ref('memberships') }} where next_tier is not null

),

baskets as (

    select
        customers.customer_id,
        customers.last_ordered_at,
        -- whole points of an average kept order
        {{ whole_ratio('customers.net_total', '(customers.order_count * rules.amount_per_point)') }} as basket_points
    from {{ ref('customers') }} as customers
    inner join {{ ref('earning_rules') }} as rules
        on customers.currency = rules.currency
    where customers.order_count > 0 and customers.net_total > 0

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
