-- When they have been quiet for long enough, int_customers_lifecycle says.
{{ turns_any_time(['quiet_days']) }}
with

customers as (

    select * from {{ ref('customers') }}

),

rules as (  -- every customer who ever bought, one named column per rule

    select
        customer_id,
        last_kept_order_id as entry_key,
        lost_at as entered_at,
        last_ordered_at,
        quiet_days,
        lifecycle_state,
        order_count >= 1 as has_bought,
        coalesce(quiet_days >= lost_after_days, false) as has_been_quiet,
        not coalesce(has_engaged_lately, false) as has_ignored_messages,
        not coalesce(has_visited_lately, false) as has_not_visited,
        lifecycle_state = 'lost' as is_lost
    from customers

)

select * from rules
