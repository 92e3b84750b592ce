-- Customers who wait for an answer, and since when. A case nobody has touched for months is forgotten, not open.
{{ holds_until('a case is forgotten', "select "
    ~ days_later('coalesce(changed_at, opened_at)', limit_of('case_open_days')) ~ " as moment from " ~ ref('int_tickets_attributed') ~ " where is_open and customer_id is not null") }}
select
    customer_id,
    min(opened_at) as opened_at,
    max(coalesce(changed_at, opened_at)) as changed_at
from {{ ref('int_tickets_attributed') }}
where is_open and customer_id is not null
    and {{ days_later('coalesce(changed_at, opened_at)', limit_of('case_open_days')) }} > {{ as_of() }}
group by customer_id
