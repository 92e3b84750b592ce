with

lines as (

    {{ from_sources('order_lines', unit='order_id', columns=[
        'order_id', 'line', 'sku', 'product', 'quantity', 'line_total',
    ]) | indent(4) }}

),

non_product_codes as (

    select * from {{ ref('non_product_codes') }}

),

non_product_skus as (

    select distinct skus.sku
    from (select distinct sku from lines) as skus
    inner join non_product_codes
        on {{ regex_matches('lower(skus.sku)', 'lower(non_product_codes.sku_pattern)') }}

)

select
    lines.order_id,
    row_number() over (partition by lines.order_id order by lines.line) as line_number,
    lines.sku,
    lines.product,
    lines.quantity,
    lines.line_total,
    non_product_skus.sku is null as is_product
from lines
left join non_product_skus
    on lines.sku = non_product_skus.sku
