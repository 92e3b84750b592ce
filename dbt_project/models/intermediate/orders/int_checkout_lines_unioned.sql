-- What was in each checkout, in its newest known version.
with

lines as (

    {{ from_sources('checkout_lines', unit='checkout_id', columns=[
        'checkout_id', 'line', 'sku', 'product', 'quantity', 'line_total',
    ]) | indent(4) }}

)

select
    checkout_id,
    row_number() over (partition by checkout_id order by line) as line_number,
    sku,
    product,
    quantity,
    line_total
from lines
