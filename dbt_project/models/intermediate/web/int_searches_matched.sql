-- The category that searched words mean: the one with most products of that name, or the one called so.
-- Only the most frequent words are looked up, so that a large catalogue and many spellings stay a small product.
with

counted as (

    select query_folded, count(*) as search_count
    from {{ ref('int_web_acts_joined') }}
    where length(query_folded) >= 3
    group by query_folded

),

frequent as (

    select
        query_folded,
        row_number() over (order by search_count desc, query_folded) as frequency_rank
    from counted

),

products as (

    select
        {{ fold_name('product') }} as product_folded,
        {{ fold_name('category') }} as category_folded,
        category
    from {{ ref('int_products_known') }}
    where category is not null

),

matches as (

    select
        frequent.query_folded,
        products.category,
        count(*) as product_count
    from frequent
    inner join products
        on frequent.query_folded = products.category_folded
        or products.product_folded like '%' || frequent.query_folded || '%'
    where frequent.frequency_rank <= {{ score_rule('searched_words') }}
    group by frequent.query_folded, products.category

),

ranked as (

    select
        query_folded, category,
        row_number() over (partition by query_folded order by product_count desc, category) as match_rank
    from matches

)

select query_folded, category from ranked where match_rank = 1
