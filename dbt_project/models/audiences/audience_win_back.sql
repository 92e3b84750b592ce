with

rules as (

    select * from {{ ref('rules_win_back') }}

)

select customer_id, entry_key, entered_at
from rules
where has_bought and has_been_quiet and has_ignored_messages and has_not_visited and is_lost
