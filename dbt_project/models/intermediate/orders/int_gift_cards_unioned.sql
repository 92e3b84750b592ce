-- Gift cards, each as its newest known version has it.
{{ holds_until('a gift card is taken out of use', moments_in_sources('gift_cards', ['disabled_at'])) }}
with

gift_cards as (

    {{ from_sources('gift_cards', unit='gift_card_id', is_one_row=true, columns=[
        'gift_card_id', 'order_id', 'shop_customer', 'last_characters', 'initial_value', 'balance', 'currency',
        'happened_at', 'expires_date', 'disabled_at', 'received_at',
    ]) | indent(4) }}

)

select
    gift_card_id,
    source,
    order_id,
    shop_customer,
    cast(null as varchar) as email,
    cast(null as varchar) as phone,
    last_characters,
    initial_value,
    balance,
    currency,
    happened_at as issued_at,
    expires_date,
    {{ if_past('disabled_at') }} as disabled_at,
    received_at
from gift_cards
