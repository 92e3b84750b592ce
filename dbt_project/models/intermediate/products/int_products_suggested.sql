-- What to name beside each product: what others bought with it, nearest first, then the best sellers of its category;
-- and beside each category its best sellers. A few each, made once per product instead of once per customer.
with

products as (

    select sku, category from {{ ref('int_products_known') }}

),

sales as (

    select category, sku, count(*) as customer_count
    from {{ ref('int_interests_weighed') }}
    where bought_count > 0 and category is not null
    group by category, sku

),

best_sellers as (

    select
        category, sku,
        row_number() over (partition by category order by customer_count desc, sku) as sales_rank
    from sales

),

named as (

    select 'product' as beside, sku as anchor, other_sku as sku, 'also_bought' as because, 1 as because_rank, nearness
    from {{ ref('int_products_paired') }}
    union all
    select 'product', products.sku, best_sellers.sku, 'next_in_category', 2, best_sellers.sales_rank
    from products
    inner join best_sellers
        on products.category = best_sellers.category and products.sku <> best_sellers.sku
        and best_sellers.sales_rank <= {{ score_rule('recommendation_candidates') }}
    union all
    select 'category', category, sku, 'next_in_category', 2, sales_rank
    from best_sellers
    where sales_rank <= {{ score_rule('recommendation_candidates') }}

),

once as (

    select
        named.*,
        row_number() over (partition by beside, anchor, sku order by because_rank, nearness) as mention
    from named

),

ranked as (

    select
        once.*,
        row_number() over (partition by beside, anchor order by because_rank, nearness, sku) as suggestion_rank
    from once
    where mention = 1

)

select beside, anchor, sku, because, suggestion_rank
from ranked
where suggestion_rank <= {{ score_rule('recommendation_candidates') }}
