-- What each version of an order sums to: its lines, its shipping, and what its list of refunds (without their moments)
-- paid back.
with

orders as (

    {{ last_in_file(source('woocommerce', 'orders'), 'id', 'date_modified_gmt') }}

),

parts as (

    select order_id, file_hash, line_total as of_goods, 0 as of_refunds, 0 as of_shipping
    from {{ ref('stg_woocommerce__order_lines') }}
    union all
    select 'woocommerce:' || id, file_hash, 0, 0, coalesce(shipping_total, 0) + coalesce(shipping_tax, 0) from orders
    union all
    select 'woocommerce:' || id, file_hash, 0, -cast(total as decimal(18, 4)), 0
    from ({{ json_elements('orders', 'refunds', {'total': 'total'}) }}) as refunds

)

select
    order_id,
    file_hash,
    sum(of_goods) as gross_total,
    -- just the shipping, and no goods came back
    case when sum(of_refunds) = sum(of_shipping) then 0 else sum(of_refunds) end as paid_back_total
from parts
group by order_id, file_hash
