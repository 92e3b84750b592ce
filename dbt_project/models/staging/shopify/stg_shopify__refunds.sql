-- What each refund gives back of the goods: its lines; where it names none, the money itself but for the shipping.
with refunds as (

    select * from {{ ref('stg_shopify__refunds_base') }}

),

parts as (

    select
        refund_id,
        file_hash,
        cast(case
            when coalesce(is_gift_card, 'false') = 'true' then 0
            else coalesce(cast(subtotal as decimal(18, 4)), cast(quantity as integer) * cast(price as decimal(18, 4)))
        end as decimal(18, 4)) as of_goods,
        null as of_money
    from ({{ json_elements('refunds', 'goods', {
        'subtotal': ['subtotal', 'subtotalSet.shopMoney.amount'], 'quantity': 'quantity', 'price': 'line_item.price',
        'is_gift_card': ['line_item.gift_card', 'lineItem.isGiftCard'],
    }) }}) as goods
    union all
    select refund_id, file_hash, null, cast(amount as decimal(18, 4))
    from ({{ json_elements('refunds', 'payments', {'amount': 'amount', 'kind': 'kind', 'state': 'status'}) }}) as paid
    where lower(kind) = 'refund' and lower(state) = 'success'
    union all
    select refund_id, file_hash, null, cast(amount as decimal(18, 4)) + cast(coalesce(tax, '0') as decimal(18, 4))
    from ({{ json_elements('refunds', 'adjustments', {'amount': 'amount', 'tax': 'tax_amount', 'kind': 'kind'}) }})
        as adjusted
    where lower(kind) = 'shipping_refund'

),

sums as (

    select refund_id, file_hash, greatest(coalesce(sum(of_goods), sum(of_money), 0), 0) as amount
    from parts
    group by refund_id, file_hash

)

select
    refunds.refund_id, refunds.order_id, cast(coalesce(sums.amount, 0) as decimal(18, 4)) as amount,
    refunds.happened_at, cast(null as timestamp) as changed_at,
    refunds.received_at, refunds.file_name, refunds.file_hash, refunds.line
from refunds
left join sums
    on refunds.refund_id = sums.refund_id and refunds.file_hash = sums.file_hash
