with

orders as (

    {{ last_in_file(source('shopify', 'orders_api'), 'id', 'updated_at') }}

),

lines as (

    {{ json_elements('orders', 'line_items', {
        'sku': 'sku', 'product': ['name', 'title'], 'quantity': 'quantity', 'is_gift_card': ['gift_card', 'isGiftCard'],
        'price': ['price', 'originalUnitPriceSet.shopMoney.amount'],
        'discount': ['total_discount', 'totalDiscountSet.shopMoney.amount'],
    }) | indent(4) }}

)

select
    'shopify:' || {{ regex_remove('id', '^.*/') }} as order_id,
    sku,
    product,
    case when is_gift_card = 'true' then 'gift_card' end as told_kind,
    cast(quantity as decimal(18, 4)) as quantity,
    cast(
        cast(quantity as integer) * cast(price as decimal(18, 4)) - cast(coalesce(discount, '0') as decimal(18, 4))
        as decimal(18, 4)
    ) as line_total,
    false as is_brought_back,
    cast(null as varchar) as buyer,
    cast(null as varchar) as receipt,
    cast(null as varchar) as return_of,
    created_at as happened_at,
    updated_at as changed_at,
    received_at,
    file_name,
    file_hash,
    element_number as line
from lines
