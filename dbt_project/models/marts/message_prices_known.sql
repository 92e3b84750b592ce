-- What one part of a message costs, and in which days. Estimates before a send take the seed alone.
select
    country,
    channel,
    price,
    currency,
    source,
    valid_from,
    lead(valid_from) over (partition by country, channel order by valid_from nulls first) as valid_until
from {{ ref('int_message_prices_unioned') }}
