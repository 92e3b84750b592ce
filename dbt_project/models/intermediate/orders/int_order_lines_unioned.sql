-- Lines of every order in its newest known version. What kind a line is of its export tells, else its article number,
-- else its name (seeds/line_patterns.csv); what each kind counts for stands in seeds/line_kinds.csv.
with

lines as (

    {{ from_sources('order_lines', unit='order_id', columns=[
        'order_id', 'line', 'sku', 'product', 'told_kind', 'is_brought_back', 'quantity', 'line_total', 'buyer',
        'receipt', 'return_of', 'happened_at', 'received_at',
    ]) | indent(4) }}

),

texts as (

    select distinct 'told' as field, lower(trim(told_kind)) as text from lines where told_kind is not null
    union all
    select distinct 'sku', lower(trim(sku)) from lines where sku is not null
    union all
    select distinct 'name', lower(trim(product)) from lines where product is not null

),

known as (

    select texts.field, texts.text, min(patterns.kind) as kind
    from texts
    inner join {{ ref('line_patterns') }} as patterns
        on texts.field = patterns.field and {{ regex_matches('texts.text', 'patterns.pattern') }}
    group by texts.field, texts.text

),

kinded as (

    select
        lines.*,
        coalesce(told.kind, skus.kind, names.kind, 'goods') as kind
    from lines
    left join known as told
        on told.field = 'told' and lower(trim(lines.told_kind)) = told.text
    left join known as skus
        on skus.field = 'sku' and lower(trim(lines.sku)) = skus.text
    left join known as names
        on names.field = 'name' and lower(trim(lines.product)) = names.text

)

select
    kinded.order_id,
    row_number() over (partition by kinded.order_id order by kinded.line) as line_number,
    kinded.sku,
    kinded.product,
    kinded.quantity,
    kinded.line_total,
    kinded.kind,
    kinds.is_sale,
    kinds.earns_points,
    kinds.is_product,
    kinds.can_come_back,
    kinded.is_brought_back and kinds.can_come_back as is_brought_back,
    kinded.buyer,
    kinded.receipt,
    kinded.return_of,
    kinded.happened_at,
    kinded.received_at
from kinded
inner join {{ ref('line_kinds') }} as kinds
    on kinded.kind = kinds.kind
