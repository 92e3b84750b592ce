-- Who bought this also bought that. Bounded at any size: only the most bought products are paired, nobody with more
-- of these than a household buys is asked (a reseller's shelf tells nothing of taste), and a product keeps its
-- nearest few. Similarity is the squared cosine in ten-thousandths: both² / (one × other), whole numbers only.
with

bought as (

    select customer_id, sku
    from {{ ref('int_interests_weighed') }}
    where bought_count > 0 and not has_returned

),

counted as (

    select sku, count(*) as customer_count from bought group by sku

),

popular as (

    select
        sku, customer_count,
        row_number() over (order by customer_count desc, sku) as number
    from counted
    where customer_count >= {{ score_rule('pair_customers') }}

),

owners as (

    select
        bought.customer_id, popular.number,
        count(*) over (partition by bought.customer_id) as product_count
    from bought
    inner join popular
        on bought.sku = popular.sku and popular.number <= {{ score_rule('pair_products') }}

),

asked as (

    select customer_id, number
    from owners
    where product_count between 2 and {{ score_rule('pair_products_per_customer') }}

),

pairs as (

    select lower_one.number as one, higher.number as other, count(*) as customer_count
    from asked as lower_one
    inner join asked as higher
        on lower_one.customer_id = higher.customer_id and lower_one.number < higher.number
    group by lower_one.number, higher.number
    having count(*) >= {{ score_rule('pair_customers') }}

),

both_ways as (

    select one, other, customer_count from pairs
    union all
    select other, one, customer_count from pairs

),

ranked as (

    select
        ones.sku,
        others.sku as other_sku,
        both_ways.customer_count,
        {{ whole_ratio(
            '10000 * both_ways.customer_count * both_ways.customer_count',
            '(ones.customer_count * others.customer_count)'
        ) }} as similarity
    from both_ways
    inner join popular as ones on both_ways.one = ones.number
    inner join popular as others on both_ways.other = others.number

),

nearest as (

    select
        ranked.*,
        row_number() over (partition by sku order by similarity desc, customer_count desc, other_sku) as nearness
    from ranked

)

select * from nearest where nearness <= {{ score_rule('recommendation_candidates') }}
