with

orders as (

    {{ last_in_file(source('woocommerce', 'orders'), 'id', 'date_modified_gmt') }}

),

lines as (

    {{ json_elements('orders', 'line_items', {
        'sku': 'sku', 'product_id': 'product_id', 'product': 'name', 'quantity': 'quantity',
        'total': 'total', 'total_tax': 'total_tax',
    }) | indent(4) }}

)

select
    'woocommerce:' || id as order_id,
    coalesce(nullif(sku, ''), 'woocommerce:' || product_id) as sku,
    product,
    cast(null as varchar) as told_kind,
    false as is_brought_back,
    cast(null as varchar) as buyer,
    cast(null as varchar) as receipt,
    cast(null as varchar) as return_of,
    cast(quantity as decimal(18, 4)) as quantity,
    -- a shop whose prices include tax sells goods with their tax
    cast(total as decimal(18, 4)) + case
        when prices_include_tax then cast(coalesce(total_tax, '0') as decimal(18, 4))
        else 0
    end as line_total,
    date_created_gmt as happened_at,
    date_modified_gmt as changed_at,
    received_at,
    file_name,
    file_hash,
    element_number as line
from lines
