with

products as (

    {{ last_in_file(source('shopify', 'products_api'), 'id', 'updated_at') }}

),

variants as (

    {{ json_elements('products', 'variants', {'sku': 'sku', 'price': 'price'}) | indent(4) }}

)

select
    sku,
    title as product,
    product_type as category,
    cast(price as decimal(18, 4)) as price,
    updated_at as happened_at,
    updated_at as changed_at,
    received_at,
    file_name,
    file_hash,
    line
from variants
where sku <> ''
