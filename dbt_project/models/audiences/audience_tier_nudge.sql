with

rules as (

    select * from {{ ref('rules_tier_nudge') }}

)

select customer_id, entry_key, entered_at
from rules
where has_a_next_tier and is_within_a_basket and has_been_quiet and has_time_left
