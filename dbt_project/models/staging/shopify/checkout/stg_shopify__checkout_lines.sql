with

checkouts as (

    {{ last_in_file(source('shopify', 'checkouts_api'), 'id', 'updated_at') }}

),

lines as (

    {{ json_elements('checkouts', 'line_items', {
        'sku': 'sku', 'product': ['title', 'name'], 'quantity': 'quantity',
        'price': ['price', 'originalUnitPriceSet.shopMoney.amount'],
    }) | indent(4) }}

)

select
    'shopify:' || {{ regex_remove('id', '^.*/') }} as checkout_id,
    nullif(sku, '') as sku,
    product,
    cast(quantity as decimal(18, 4)) as quantity,
    cast(cast(quantity as integer) * cast(price as decimal(18, 4)) as decimal(18, 4)) as line_total,
    created_at as happened_at,
    updated_at as changed_at,
    received_at,
    file_name,
    file_hash,
    element_number as line
from lines
