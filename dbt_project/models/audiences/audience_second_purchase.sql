with

rules as (

    select * from {{ ref('rules_second_purchase') }}

)

select customer_id, entry_key, entered_at
from rules
where has_bought_once and has_products and has_had_time and is_recent and has_returned_nothing_since
