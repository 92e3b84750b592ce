-- When each customer last brought something back.
select customer_id, max(happened_at) as returned_at
from {{ ref('customer_events') }}
where event = 'return'
group by customer_id
