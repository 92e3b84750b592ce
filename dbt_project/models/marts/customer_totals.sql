-- What each customer has bought in each currency.
select
    customer_id,
    currency,
    count(*) as order_count,
    cast(sum(net_total) as decimal(18, 2)) as net_total,
    min(ordered_at) as first_ordered_at,
    max(ordered_at) as last_ordered_at
from {{ ref('orders') }}
where is_kept and customer_id is not null
group by customer_id, currency
