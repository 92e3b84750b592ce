-- One row per article number: name, category and price as the most trusted catalogue has them, else the name on most
-- order lines and the category most visits give.
with

listed as (

    select * from {{ ref('int_products_unioned') }}

),

names as (

    select
        sku, product,
        row_number() over (partition by sku order by count(*) desc, product) as name_rank
    from {{ ref('int_order_lines_unioned') }}
    where is_product and sku is not null and product is not null
    group by sku, product

),

categories as (

    select
        sku, category,
        row_number() over (partition by sku order by count(distinct event_id) desc, category) as category_rank
    from {{ ref('int_web_events_unioned') }}
    where sku is not null and category is not null
    group by sku, category

),

known as (

    select sku from listed
    union
    select sku from names

)

select
    known.sku,
    coalesce(listed.product, names.product) as product,
    coalesce(listed.category, categories.category) as category,
    listed.price
from known
left join listed
    on known.sku = listed.sku
left join names
    on known.sku = names.sku and names.name_rank = 1
left join categories
    on known.sku = categories.sku and categories.category_rank = 1
