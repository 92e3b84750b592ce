with

orders as (

    {{ last_in_file(source('woocommerce', 'orders'), 'id', 'date_modified_gmt') }}

),

codes as (

    {{ json_elements('orders', 'coupon_lines', {
        'code': 'code', 'discount': 'discount', 'discount_tax': 'discount_tax',
    }) | indent(4) }}

),

told as (

    select
        id, code, discount, discount_tax, prices_include_tax, currency, date_created_gmt, date_modified_gmt,
        received_at, file_name, file_hash, element_number as line
    from codes
    union all
    select
        id, null, null, null, prices_include_tax, currency, date_created_gmt, date_modified_gmt,
        received_at, file_name, file_hash, 0
    from orders
    where coupon_lines is not null

)

select
    'woocommerce:' || id as order_id,
    code,
    cast(null as varchar) as discount_type,
    -- with the tax of it where the goods are counted with theirs
    cast(cast(discount as decimal(18, 4)) + case
        when prices_include_tax then cast(coalesce(discount_tax, '0') as decimal(18, 4)) else 0
    end as decimal(18, 2)) as amount,
    upper(currency) as currency,
    date_created_gmt as happened_at,
    date_modified_gmt as changed_at,
    received_at, file_name, file_hash, line
from told
