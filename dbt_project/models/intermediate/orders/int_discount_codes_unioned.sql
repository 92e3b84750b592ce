-- Codes that buyers used, of the newest version of each order: each once, however often a receipt repeats it.
with

codes as (

    {{ from_sources('discount_codes', unit='order_id', columns=[
        'order_id', 'code', 'discount_type', 'amount', 'currency', 'happened_at', 'received_at', 'line',
    ]) | indent(4) }}

),

folded as (

    select
        codes.*,
        upper(trim(code)) as code_folded
    from codes
    where trim(code) <> ''

),

ranked as (

    select
        folded.*,
        row_number() over (
            partition by order_id, code_folded order by amount desc nulls last, line, code
        ) as preference_rank
    from folded

)

select
    order_id,
    row_number() over (partition by order_id order by line, code_folded) as code_number,
    source,
    trim(code) as code,
    code_folded,
    discount_type,
    amount,
    currency,
    happened_at,
    received_at
from ranked
where preference_rank = 1
