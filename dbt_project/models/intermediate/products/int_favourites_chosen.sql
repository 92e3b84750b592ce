-- Each customer's favourite product and category: the most points, and enough of them. A product they ever brought
-- back is no favourite.
with

interests as (

    select * from {{ ref('int_interests_weighed') }}

),

products as (

    select
        customer_id, sku, points,
        row_number() over (partition by customer_id order by points desc, last_shown_at desc, sku) as preference_rank
    from interests
    where sku is not null and not has_returned and points >= {{ score_rule('favourite_product_points') }}

),

category_sums as (

    select customer_id, category, sum(points) as points, max(last_shown_at) as last_shown_at
    from interests
    where category is not null and points > 0
    group by customer_id, category
    having sum(points) >= {{ score_rule('favourite_category_points') }}

),

categories as (

    select
        customer_id, category, points,
        row_number() over (
            partition by customer_id order by points desc, last_shown_at desc, category
        ) as preference_rank
    from category_sums

),

favourite_products as (

    select * from products where preference_rank = 1

),

favourite_categories as (

    select * from categories where preference_rank = 1

)

select
    coalesce(favourite_products.customer_id, favourite_categories.customer_id) as customer_id,
    favourite_products.sku as favourite_sku,
    names.product as favourite_product,
    favourite_categories.category as favourite_category,
    cast(favourite_products.points as integer) as product_points,
    cast(favourite_categories.points as integer) as category_points
from favourite_products
full outer join favourite_categories
    on favourite_products.customer_id = favourite_categories.customer_id
left join {{ ref('int_products_known') }} as names
    on favourite_products.sku = names.sku
