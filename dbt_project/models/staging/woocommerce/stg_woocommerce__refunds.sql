-- What each refund gives back of the goods: its lines; where it names none, its amount but for the shipping.
with refunds as (

    {{ last_in_file(source('woocommerce', 'refunds'), 'id') }}

),

taxed as (

    select distinct id from {{ source('woocommerce', 'orders') }} where prices_include_tax

),

goods as (

    select
        id, file_hash, -sum(cast(total as decimal(18, 4))) as without_tax,
        -sum(cast(total_tax as decimal(18, 4))) as tax
    from ({{ json_elements('refunds', 'line_items', {'total': 'total', 'total_tax': 'total_tax'}) }}) as lines
    group by id, file_hash

),

freight as (

    select id, file_hash, -sum(cast(total as decimal(18, 4)) + cast(coalesce(total_tax, '0') as decimal(18, 4))) as paid
    from ({{ json_elements('refunds', 'shipping_lines', {'total': 'total', 'total_tax': 'total_tax'}) }}) as lines
    group by id, file_hash

)

select
    'woocommerce:' || refunds.id as refund_id,
    'woocommerce:' || coalesce(refunds.parent_id, {{ regex_remove('refunds.order_link', '^.*/') }}) as order_id,
    cast(coalesce(
        goods.without_tax + case when taxed.id is null then 0 else coalesce(goods.tax, 0) end,
        greatest(refunds.amount - coalesce(freight.paid, 0), 0)
    ) as decimal(18, 4)) as amount,
    refunds.date_created_gmt as happened_at,
    cast(null as timestamp) as changed_at,
    refunds.received_at, refunds.file_name, refunds.file_hash, refunds.line
from refunds
left join goods
    on refunds.id = goods.id and refunds.file_hash = goods.file_hash
left join freight
    on refunds.id = freight.id and refunds.file_hash = freight.file_hash
left join taxed
    on coalesce(refunds.parent_id, {{ regex_remove('refunds.order_link', '^.*/') }}) = taxed.id
