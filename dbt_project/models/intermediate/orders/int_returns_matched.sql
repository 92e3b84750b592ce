-- What came back at a till, with the last purchase that it can undo: by the receipt it tells, else by card, article and
-- price within limits.till_return_days; no more pieces than were bought. One that finds none stays below zero.
{% set rounds = 3 %}
{% set columns -%}
return_id, order_id, line_number, quantity, amount, happened_at, received_at, bought_order_id, bought_line_number
{%- endset %}
with

lines as (

    select *, coalesce(sku, product) as article from {{ ref('int_order_lines_unioned') }}
    where can_come_back and quantity <> 0

),

returns as (

    select
        order_id || '#' || line_number as return_id, order_id, line_number, article, buyer, return_of,
        -quantity as quantity, -line_total as amount, happened_at, received_at
    from lines
    where is_brought_back and quantity < 0 and line_total < 0

),

purchases as (

    select * from lines where not is_brought_back and quantity > 0 and line_total > 0

),

pairs as (

    {% for by in [
        'returns.return_of = purchases.receipt',
        'returns.return_of is null and returns.buyer = purchases.buyer
            and returns.amount * purchases.quantity = purchases.line_total * returns.quantity
            and returns.happened_at < ' ~ days_later('purchases.happened_at', limit_of('till_return_days')),
    ] %}
    select
        returns.*, purchases.order_id as bought_order_id, purchases.line_number as bought_line_number,
        purchases.quantity as bought_quantity, purchases.happened_at as bought_at
    from returns
    inner join purchases
        on returns.article = purchases.article and returns.quantity <= purchases.quantity
        and returns.happened_at >= purchases.happened_at and returns.order_id <> purchases.order_id and {{ by }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

matched_0 as (select {{ columns }} from pairs where false),

{% for round in range(1, rounds + 1) %}
gone_{{ round }} as (

    select bought_order_id, bought_line_number, sum(quantity) as quantity
    from matched_{{ round - 1 }}
    group by bought_order_id, bought_line_number

),

chosen_{{ round }} as (  -- of what is left, each return asks for the last purchase that still has its pieces

    select
        pairs.*,
        pairs.bought_quantity - coalesce(gone.quantity, 0) as left_quantity,
        row_number() over (
            partition by pairs.return_id order by pairs.bought_at desc, pairs.bought_order_id, pairs.bought_line_number
        ) as choice
    from pairs
    left join gone_{{ round }} as gone
        on pairs.bought_order_id = gone.bought_order_id and pairs.bought_line_number = gone.bought_line_number
    left join matched_{{ round - 1 }} as done
        on pairs.return_id = done.return_id
    where pairs.quantity <= pairs.bought_quantity - coalesce(gone.quantity, 0) and done.return_id is null

),

asked_{{ round }} as (

    select
        *,
        sum(quantity) over (
            partition by bought_order_id, bought_line_number order by happened_at, return_id
            rows between unbounded preceding and current row
        ) as asked_quantity
    from chosen_{{ round }}
    where choice = 1

),

matched_{{ round }} as (

    select {{ columns }} from matched_{{ round - 1 }}
    union all
    select {{ columns }} from asked_{{ round }} where asked_quantity <= left_quantity

){{ ',' if not loop.last }}
{% endfor %}

select
    return_id, order_id, line_number, quantity, cast(amount as decimal(18, 4)) as amount, happened_at, received_at,
    bought_order_id, bought_line_number
from matched_{{ rounds }}
