-- Orders whose buyer may be asked for a review now. Each rule is a column of rules_review_request, which computes it;
-- the yml says what it means.
with

rules as (

    select * from {{ ref('rules_review_request') }}

)

select customer_id, entry_key, entered_at
from rules
where was_kept and has_products and has_been_sent and has_had_time and is_recent and has_returned_nothing_since
    and has_no_open_case
