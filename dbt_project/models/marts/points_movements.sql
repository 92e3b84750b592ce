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

    select order_id, sum(case when earns_points then line_total else 0 end) as goods_total
    from {{ ref('order_lines') }}
    group by order_id

),

orders as (

    select
        *,
        -- before anything came back at a moment of its own; never paid or cancelled, nothing
        case when sold_total = 0 and gross_total > 0 then 0 else sold_total - undated_refund_total end as dated_total
    from {{ ref('orders') }}
    where customer_id is not null

),

kept as (  -- of each order before and after each return that has a moment of its own

    select
        refunds.refund_id,
        refunds.happened_at,
        orders.*,
        greatest(orders.dated_total - sum(refunds.amount) over returned_so_far, 0) as kept_total,
        greatest(orders.dated_total - sum(refunds.amount) over returned_so_far + refunds.amount, 0) as kept_before_total
    from {{ ref('int_refunds_unioned') }} as refunds
    inner join orders
        on refunds.order_id = orders.order_id
    window returned_so_far as (
        partition by refunds.order_id order by refunds.happened_at, refunds.refund_id
        rows between unbounded preceding and current row
    )

),

moved as (

    select
        'order:' || order_id as movement_id, order_id, customer_id, currency, ordered_at, ordered_at as moved_at,
        0 as value_before, dated_total as value_after
    from orders
    union all
    select
        'refund:' || refund_id, order_id, customer_id, currency, ordered_at, happened_at,
        kept_before_total, kept_total
    from kept

),

earned as (

    select
        moved.movement_id,
        moved.customer_id,
        {{ points_for('moved.value_after', 'goods.goods_total', 'earning_rules.amount_per_point') }}
        - {{ points_for('moved.value_before', 'goods.goods_total', 'earning_rules.amount_per_point') }} as points,
        case when moved.value_after < moved.value_before then 'return' else 'purchase' end as reason,
        moved.moved_at,
        moved.ordered_at as counted_at,
        case
            when moved.value_after < 0 then moved.moved_at
            -- what comes back while its points are pending takes them from the pending ones
            else greatest(moved.moved_at, {{ days_later('moved.ordered_at', programme_rule('pending_days')) }})
        end as pending_until
    from moved
    inner join goods
        on moved.order_id = goods.order_id
    inner join members
        on moved.customer_id = members.customer_id and moved.ordered_at >= members.member_since
    inner join {{ ref('earning_rules') }} as earning_rules
        on moved.currency = earning_rules.currency

)

select movement_id, customer_id, points, reason, moved_at, counted_at, pending_until from earned where points <> 0
union all
select
    by_hand.movement_id, cards.customer_id, by_hand.points, by_hand.reason,
    by_hand.happened_at, by_hand.happened_at, by_hand.happened_at
from by_hand
inner join cards
    on by_hand.member_card = cards.identifier
