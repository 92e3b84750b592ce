with

receipts as (

    select * from {{ source('pos', 'receipts') }}

),

codes as (

    {{ list_parts('receipts', 'coupon') | indent(4) }}

)

select
    lines.order_id,
    codes.part as code,
    cast(null as varchar) as discount_type,
    cast(null as decimal(18, 2)) as amount,
    lines.currency,
    lines.happened_at,
    lines.changed_at,
    lines.received_at,
    lines.file_name,
    lines.file_hash,
    -- codes in the order in which the receipt has them, however many lines it has
    1000 * lines.line + codes.part_number as line
from codes
inner join {{ ref('stg_pos__order_lines') }} as lines
    on codes.file_hash = lines.file_hash and codes.line = lines.line
