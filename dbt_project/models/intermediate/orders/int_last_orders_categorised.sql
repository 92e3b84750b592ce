-- What each customer's last kept order was mainly about: its dearest product, and that product's category.
with

customers as (

    select customer_id, last_kept_order_id from {{ ref('int_orders_summed_to_customers') }}

),

products as (

    select * from {{ ref('int_products_known') }}

),

ranked as (

    select
        customers.customer_id,
        lines.sku,
        row_number() over (
            partition by customers.customer_id order by lines.line_total desc, lines.line_number
        ) as value_rank
    from {{ ref('order_lines') }} as lines
    inner join customers
        on lines.order_id = customers.last_kept_order_id
    where lines.is_product and lines.quantity > 0 and lines.sku is not null

)

select
    ranked.customer_id,
    ranked.sku,
    products.category
from ranked
inner join products
    on ranked.sku = products.sku
where ranked.value_rank = 1
