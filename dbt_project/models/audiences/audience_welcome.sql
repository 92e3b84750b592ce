with

rules as (

    select * from {{ ref('rules_welcome') }}

)

select customer_id, entry_key, entered_at
from rules
where has_joined and has_begun and is_recent
