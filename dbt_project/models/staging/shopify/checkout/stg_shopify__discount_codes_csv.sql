with

orders as (

    select *
    from {{ source('shopify', 'orders') }}
    where financial_status is not null  -- the order's first row; the others carry only a line

),

codes as (

    {{ list_parts('orders', 'discount_code') | indent(4) }}

),

counted as (

    select
        codes.*,
        count(part) over (partition by file_hash, codes.line) as code_count
    from codes

)

select
    'shopify:' || id as order_id,
    part as code,
    cast(null as varchar) as discount_type,
    -- the export sums what all codes took off
    case when part is not null and code_count = 1 then cast(discount_amount as decimal(18, 2)) end as amount,
    upper(currency) as currency,
    created_at as happened_at,
    cast(null as timestamp) as changed_at,
    received_at,
    file_name,
    file_hash,
    part_number as line
from counted
