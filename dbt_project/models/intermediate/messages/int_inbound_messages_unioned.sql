-- What people wrote to us, and what it means if it is one of the words that open or close the door.
with

inbound as (

    {{ from_sources('inbound_messages', unit='inbound_id', is_event=true, columns=[
        'inbound_id', 'address', 'channel', 'word', 'opt_out_type', 'happened_at', 'received_at',
    ]) | indent(4) }}

)

select
    inbound.inbound_id,
    inbound.address,
    inbound.channel,
    coalesce(words.meaning, inbound.opt_out_type) as meaning,
    coalesce(words.word, inbound.opt_out_type) as keyword,
    inbound.source,
    inbound.happened_at,
    inbound.received_at
from inbound
left join {{ ref('inbound_words') }} as words
    on inbound.word = words.word
