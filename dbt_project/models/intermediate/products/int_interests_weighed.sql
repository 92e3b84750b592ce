-- What each customer has shown interest in: bought, brought back, and points by the weights of
-- seeds/interest_weights.csv. One row per customer and product; words searched for have a category alone.
-- One pass over order lines, and one over the few visits that may be recognised.
with

horizon as (

    select {{ days_later(as_of(), '-' ~ score_rule('interest_days')) }} as since

),

weights as (

    select * from {{ ref('interest_weights') }}

),

bought as (

    select
        lines.customer_id,
        lines.sku,
        max(lines.ordered_at) as last_shown_at,
        max(case when lines.is_kept then 1 else 0 end) = 1 as has_bought,
        max(case when lines.is_returned then 1 else 0 end) = 1 as has_returned,
        -- what came back at a till takes back the line it was bought by
        cast(sum(case
            when lines.ordered_at <= horizon.since then 0
            when lines.is_kept then 1
            when lines.quantity < 0 then -1
            else 0
        end) as integer) as bought_count
    from {{ ref('order_lines') }} as lines
    cross join horizon
    where lines.is_product and lines.customer_id is not null and lines.sku is not null
    group by lines.customer_id, lines.sku

),

acts as (

    select
        acts.customer_id, acts.act, acts.sku, searches.category,
        count(*) as act_count,
        max(acts.happened_at) as last_shown_at
    from {{ ref('int_web_acts_joined') }} as acts
    inner join horizon
        on acts.happened_at > horizon.since
    left join {{ ref('int_searches_matched') }} as searches
        on acts.query_folded = searches.query_folded
    where acts.sku is not null or searches.category is not null
    group by acts.customer_id, acts.act, acts.sku, searches.category

),

looked_at as (

    select
        acts.customer_id, acts.sku, acts.category,
        max(acts.last_shown_at) as last_shown_at,
        cast(sum(weights.weight * least(acts.act_count, weights.counted_at_most)) as integer) as points
    from acts
    inner join weights
        on acts.act = weights.act
    group by acts.customer_id, acts.sku, acts.category

)

select
    coalesce(bought.customer_id, looked_at.customer_id) as customer_id,
    coalesce(bought.sku, looked_at.sku) as sku,
    coalesce(products.category, looked_at.category) as category,
    coalesce(bought.has_bought, false) as has_bought,
    coalesce(bought.has_returned, false) as has_returned,
    greatest(coalesce(bought.bought_count, 0), 0) as bought_count,
    case
        when looked_at.last_shown_at > bought.last_shown_at or bought.last_shown_at is null then looked_at.last_shown_at
        else bought.last_shown_at
    end as last_shown_at,
    cast(
        weights.weight * greatest(least(coalesce(bought.bought_count, 0), weights.counted_at_most), 0)
        + coalesce(looked_at.points, 0) as integer
    ) as points
from bought
full outer join looked_at
    on bought.customer_id = looked_at.customer_id and bought.sku = looked_at.sku
left join weights
    on weights.act = 'bought'
left join {{ ref('int_products_known') }} as products
    on coalesce(bought.sku, looked_at.sku) = products.sku
