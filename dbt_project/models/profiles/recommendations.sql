-- At most a few products per customer: what is suggested beside their favourite, else beside the main product of their
-- last order, else in their favourite category; never what they have bought or brought back.
with

favourites as (

    select * from {{ ref('int_favourites_chosen') }}

),

last_orders as (

    select * from {{ ref('int_last_orders_categorised') }}

),

anchors as (

    select
        coalesce(favourites.customer_id, last_orders.customer_id) as customer_id,
        case when coalesce(favourites.favourite_sku, last_orders.sku) is null then 'category' else 'product' end
            as beside,
        coalesce(favourites.favourite_sku, last_orders.sku, favourites.favourite_category) as anchor
    from last_orders
    full outer join favourites
        on last_orders.customer_id = favourites.customer_id

),

known as (

    select customer_id, sku
    from {{ ref('int_interests_weighed') }}
    where has_bought or has_returned

),

new_to_them as (

    select
        anchors.customer_id,
        suggested.sku,
        suggested.because,
        row_number() over (partition by anchors.customer_id order by suggested.suggestion_rank) as position
    from anchors
    inner join {{ ref('int_products_suggested') }} as suggested
        on anchors.beside = suggested.beside and anchors.anchor = suggested.anchor
    left join known
        on anchors.customer_id = known.customer_id and suggested.sku = known.sku
    where known.sku is null

)

select
    new_to_them.customer_id,
    cast(new_to_them.position as integer) as position,
    new_to_them.sku,
    products.product,
    products.category,
    new_to_them.because
from new_to_them
inner join {{ ref('int_products_known') }} as products
    on new_to_them.sku = products.sku
where new_to_them.position <= {{ score_rule('recommendations') }}
