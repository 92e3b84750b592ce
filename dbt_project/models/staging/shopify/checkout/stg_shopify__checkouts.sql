with

checkouts as (

    {{ last_in_file(source('shopify', 'checkouts_api'), 'id', 'updated_at') }}

),

-- an order says which checkout it came of; a checkout never says which order came of it
orders as (

    select
        {{ regex_remove('checkout_id', '^.*/') }} as checkout_id,
        min({{ regex_remove('id', '^.*/') }}) as id
    from {{ source('shopify', 'orders_api') }}
    where checkout_id is not null
    group by 1

)

select
    'shopify:' || {{ regex_remove('checkouts.id', '^.*/') }} as checkout_id,
    'shopify:' || orders.id as order_id,
    {{ regex_remove('checkouts.customer_id', '^.*/') }} as shop_customer,
    checkouts.email_folded as email,
    coalesce(checkouts.phone_e164, checkouts.billing_phone_e164) as phone,
    coalesce(checkouts.shipping_country, checkouts.billing_country) as country,
    upper(checkouts.currency) as currency,
    cast(checkouts.subtotal as decimal(18, 2)) as gross_total,
    checkouts.created_at as happened_at,
    checkouts.completed_at,
    checkouts.updated_at as changed_at,
    checkouts.received_at,
    checkouts.file_name,
    checkouts.file_hash,
    checkouts.line
from checkouts
left join orders
    on {{ regex_remove('checkouts.id', '^.*/') }} = orders.checkout_id
