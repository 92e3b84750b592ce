-- active -> late -> lost -> back, by the numbers of seeds/lifecycle.csv.
{{ turns_any_time(['quiet_days']) }}
{{ decides_until('a customer is late, lost or back', lifecycle_moments(this)) }}
with

orders as (

    select * from {{ ref('int_orders_summed_to_customers') }}

),

messages as (

    select * from {{ ref('int_messages_summed_to_customers') }}

),

visits as (

    select * from {{ ref('int_visits_summed_to_customers') }}

),

-- the shop's median gap, without a global sort: the smallest gap that half of the customers do not exceed
gap_counts as (

    select average_gap_days, count(*) as customer_count
    from orders
    where average_gap_days is not null
    group by average_gap_days

),

shop as (

    select min(average_gap_days) as median_gap_days
    from (
        select
            average_gap_days,
            2 * sum(customer_count) over (order by average_gap_days) >= sum(customer_count) over () as is_half
        from gap_counts
    ) as halves
    where is_half

),

measured as (

    select
        orders.*,
        coalesce(orders.average_gap_days, shop.median_gap_days) as gap_days,
        {{ whole_days_between('orders.last_kept_order_at', as_of()) }} as quiet_days,
        least(
            greatest(
                {{ lifecycle_rule('gap_multiple') }} * coalesce(orders.average_gap_days, shop.median_gap_days, 0),
                {{ lifecycle_rule('floor_days') }}
            ),
            {{ lifecycle_rule('ceiling_days') }}
        ) as lost_after_days,
        coalesce(messages.message_count, 0) as message_count,
        messages.engaged_rank,
        messages.silent_since,
        visits.last_visited_at,
        coalesce(messages.message_count, 0) < {{ lifecycle_rule('fewest_messages') }} as has_few_messages,
        coalesce(
            messages.message_count >= {{ lifecycle_rule('fewest_messages') }}
            and messages.engaged_rank <= {{ lifecycle_rule('message_count') }}, false
        ) as has_engaged_lately,
        coalesce(
            {{ whole_days_between('visits.last_visited_at', as_of()) }} <= {{ lifecycle_rule('visit_days') }}, false
        ) as has_visited_lately
    from orders
    cross join shop
    left join messages
        on orders.customer_id = messages.customer_id
    left join visits
        on orders.customer_id = visits.customer_id

)

select
    customer_id,
    gap_days, quiet_days, lost_after_days,
    has_engaged_lately, has_visited_lately,
    case
        when quiet_days >= lost_after_days and not has_engaged_lately and not has_visited_lately then 'lost'
        when {{ whole_days_between('previous_kept_order_at', 'last_kept_order_at') }} >= lost_after_days
            and quiet_days < {{ lifecycle_rule('back_days') }} then 'back'
        when quiet_days * 100 > gap_days * {{ lifecycle_rule('late_gap_percent') }} then 'late'
        else 'active'
    end as lifecycle_state,
    case
        when quiet_days < lost_after_days or has_engaged_lately or has_visited_lately then null
        when has_few_messages then 'orders only'
        else 'orders and messages'
    end as lost_reason,
    case
        when quiet_days >= lost_after_days and not has_engaged_lately and not has_visited_lately
            then
                greatest(
                    {{ days_later('last_kept_order_at', 'lost_after_days') }},
                    case when not has_few_messages then silent_since end
                )
    end as lost_at
from measured
