-- What people wrote to us, and what it means if it is one of the words that open or close the door.
with

inbound as (

    {{ from_sources('inbound_messages', unit='inbound_id', is_event=true, columns=[
        'inbound_id', 'address', 'channel', 'body', 'meaning', 'keyword', 'opt_out_type', 'happened_at', 'received_at',
    ]) | indent(4) }}

)

select
    inbound.inbound_id,
    inbound.address,
    inbound.channel,
    inbound.body,
    -- the provider's word is a word, too: whatever else is in the text
    coalesce(nullif(inbound.meaning, 'unclear'), inbound.opt_out_type, inbound.meaning) as meaning,
    coalesce(inbound.keyword, inbound.opt_out_type) as keyword,
    inbound.source,
    inbound.happened_at,
    inbound.received_at
from inbound
