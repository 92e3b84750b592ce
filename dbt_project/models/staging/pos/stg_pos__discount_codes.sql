with

receipts as (

    select * from {{ source('pos', 'receipts') }}

),

coupons as (

    {{ list_parts('receipts', 'coupon') | indent(4) }}

),

codes as (

    select
        lines.order_id,
        coupons.part as code,
        cast(null as varchar) as discount_type,
        cast(null as decimal(18, 2)) as amount,
        lines.currency,
        lines.happened_at,
        lines.changed_at,
        lines.received_at,
        lines.file_name,
        lines.file_hash,
        -- codes in the order in which the receipt has them, however many lines it has
        1000 * lines.line + coupons.part_number as line
    from coupons
    inner join {{ ref('stg_pos__order_lines') }} as lines
        on coupons.file_hash = lines.file_hash and coupons.line = lines.line

)

-- most receipts have no code in any version: none of them needs a row to say so
select * from codes
where order_id in (select used.order_id from codes as used where used.code is not null)
