-- Gift cards, and whose they are. Of their codes no more than the last characters is anywhere in the warehouse.
with

known as (

    {{ resolve_customer(ref('int_gift_cards_unioned'), 'gift_card_id') | indent(4) }}

)

select
    gift_cards.gift_card_id,
    known.customer_id,
    orders.order_id,
    gift_cards.source,
    gift_cards.last_characters,
    gift_cards.initial_value,
    gift_cards.balance,
    gift_cards.currency,
    gift_cards.issued_at,
    gift_cards.expires_date,
    gift_cards.disabled_at,
    gift_cards.received_at
from {{ ref('int_gift_cards_unioned') }} as gift_cards
left join known
    on gift_cards.gift_card_id = known.gift_card_id
left join {{ ref('orders') }} as orders
    on gift_cards.order_id = orders.order_id
