-- Until when a customer gets no marketing message: for some days after a return, and while a case is open, at most
-- some days after its last change.
select customer_id, max(muted_until) as muted_until
from (
    select customer_id, {{ days_later('returned_at', limit_of('return_open_days')) }} as muted_until
    from {{ ref('int_returns_summed_to_customers') }}
    union all
    select customer_id, {{ days_later('changed_at', limit_of('case_open_days')) }}
    from {{ ref('int_cases_opened') }}
) as mutes
group by customer_id
