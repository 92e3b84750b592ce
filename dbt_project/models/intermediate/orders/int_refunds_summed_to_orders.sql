-- What has come back of each order so far, where its refunds tell their moments.
select order_id, sum(amount) as refund_total
from {{ ref('int_refunds_unioned') }}
group by order_id
