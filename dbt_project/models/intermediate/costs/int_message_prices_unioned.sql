-- What a message costs, from when: as landed price lists say it, and before them as the seed does.
with

listed as (

    {{ from_sources('message_prices', unit='price_id', is_one_row=true, columns=[
        'price_id', 'country', 'channel', 'price', 'currency', 'valid_from',
    ]) | indent(4) }}

)

select country, channel, price, currency, valid_from, source
from listed
union all
select country, channel, price, currency, cast(null as date), 'seed'
from {{ ref('message_prices') }}
