-- What is sold, by article number: the newest version from the most trusted source that has it.
with

products as (

    {{ from_sources('products', unit='sku', columns=[
        'sku', 'product', 'category', 'price', 'line', 'happened_at', 'received_at',
    ]) | indent(4) }}

),

ranked as (

    -- one article number may stand under two products: the one changed last
    select *, row_number() over (partition by sku order by trust, happened_at desc nulls last, line desc) as occurrence
    from products

)

select sku, product, category, price, source, received_at
from ranked
where occurrence = 1
