-- Where each buyer shops, and how much of it with a discount; percent in whole numbers, rounded down.
with

kept_orders as (

    select * from {{ ref('orders') }} where is_kept and customer_id is not null

),

summed as (

    select
        customer_id,
        count(*) as order_count,
        sum(case when order_channel = 'store' then 1 else 0 end) as store_count,
        sum(case when discount_code is not null then 1 else 0 end) as discounted_count
    from kept_orders
    group by customer_id

)

select
    customer_id,
    case
        when store_count = 0 then 'web'
        when store_count = order_count then 'store'
        else 'both'
    end as purchase_channel,
    {{ whole_ratio('100 * discounted_count', 'order_count') }} as discounted_order_percent
from summed
