with

web_lines as (

    {{ newest_known(ref('stg_shopify__order_lines'), ['order_id']) }}

),

store_lines as (

    {{ newest_known(ref('stg_pos__receipt_lines'), ['order_id']) }}

),

non_product_codes as (

    select * from {{ ref('non_product_codes') }}

),

unioned as (

    select order_id, line, sku, product, quantity, line_total from web_lines
    union all
    select order_id, line, sku, product, quantity, line_total from store_lines

),

non_product_skus as (

    select distinct skus.sku
    from (select distinct sku from unioned) as skus
    inner join non_product_codes
        on {{ regex_matches('lower(skus.sku)', 'lower(non_product_codes.sku_pattern)') }}

)

select
    unioned.order_id,
    row_number() over (partition by unioned.order_id order by unioned.line) as line_number,
    unioned.sku,
    unioned.product,
    unioned.quantity,
    unioned.line_total,
    non_product_skus.sku is null as is_product
from unioned
left join non_product_skus
    on unioned.sku = non_product_skus.sku
