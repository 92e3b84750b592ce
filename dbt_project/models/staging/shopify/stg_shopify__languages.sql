-- The language of an account, and the one each order was placed in.
with

accounts as (

    {{ last_in_file(source('shopify', 'customers_api'), 'id', 'updated_at') }}

),

orders as (

    {{ last_in_file(source('shopify', 'orders_api'), 'id', 'updated_at') }}

)

select
    'shop_customer:' || {{ regex_remove('id', '^.*/') }} as record_id,
    locale as written,
    created_at as happened_at,
    updated_at as changed_at,
    received_at,
    file_name,
    file_hash,
    line
from accounts
where locale is not null
union all
select
    'order:shopify:' || {{ regex_remove('id', '^.*/') }},
    customer_locale,
    created_at,
    updated_at,
    received_at,
    file_name,
    file_hash,
    line
from orders
where customer_locale is not null
