-- Every movement of points, append-only: a balance is their sum. Purchases earn from the day the card was issued.
with

members as (

    select customer_id, member_since from {{ ref('int_customers_joined') }} where member_since is not null

),

by_hand as (

    {{ first_known(ref('stg_programme__points_movements'), ['movement_id']) }}

),

cards as (

    select customer_id, identifier from {{ ref('identifiers') }} where identifier_type = 'member_card'

),

goods as (  -- postage, fees and vouchers earn nothing

    select order_id, sum(case when is_product then line_total else 0 end) as goods_total
    from {{ ref('order_lines') }}
    group by order_id

),

valued as (

    select
        orders.*,
        case
            when orders.net_total > 0 then greatest(least(orders.net_total, goods.goods_total), 0)
            else least(greatest(orders.net_total, goods.goods_total), 0)
        end as earning_total
    from {{ ref('orders') }} as orders
    inner join goods
        on orders.order_id = goods.order_id
    where orders.net_total <> 0

),

earned as (

    select
        'order:' || orders.order_id as movement_id,
        orders.customer_id,
        cast({{ whole_ratio('orders.earning_total', 'rules.amount_per_point') }} as integer) as points,
        case when orders.net_total < 0 then 'return' else 'purchase' end as reason,
        orders.ordered_at as moved_at,
        case
            when orders.net_total < 0 then orders.ordered_at
            else {{ days_later('orders.ordered_at', programme_rule('pending_days')) }}
        end as pending_until
    from valued as orders
    inner join members
        on orders.customer_id = members.customer_id and orders.ordered_at >= members.member_since
    inner join {{ ref('earning_rules') }} as rules
        on orders.currency = rules.currency

)

select movement_id, customer_id, points, reason, moved_at, pending_until from earned where points <> 0
union all
select
    by_hand.movement_id, cards.customer_id, by_hand.points, by_hand.reason, by_hand.happened_at, by_hand.happened_at
from by_hand
inner join cards
    on by_hand.member_card = cards.identifier
