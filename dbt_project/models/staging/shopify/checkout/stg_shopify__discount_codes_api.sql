with

orders as (

    {{ last_in_file(source('shopify', 'orders_api'), 'id', 'updated_at') }}

),

codes as (

    select
        id, code, discount_type, amount, currency, created_at, updated_at, received_at, file_name, file_hash,
        element_number as line
    from ({{ json_elements('orders', 'discount_codes', {
        'code': 'code', 'discount_type': 'type', 'amount': 'amount',
    }) }}) as used
    union all
    select id, part, null, null, currency, created_at, updated_at, received_at, file_name, file_hash, part_number
    from ({{ list_parts('orders', 'discount_code_list') }}) as listed
    where discount_code_list is not null
    union all
    -- one that says nothing of codes replaces none; of one that was asked for the first alone, that is what is known
    select
        id, case when discount_code_list is null and discount_codes is null then discount_code end,
        null, null, currency, created_at, updated_at, received_at, file_name, file_hash, 0
    from orders
    where discount_codes is not null or discount_code is not null

)

select
    'shopify:' || {{ regex_remove('id', '^.*/') }} as order_id,
    code,
    lower(discount_type) as discount_type,
    cast(amount as decimal(18, 2)) as amount,
    upper(currency) as currency,
    created_at as happened_at,
    updated_at as changed_at,
    received_at,
    file_name,
    file_hash,
    line
from codes
