-- Words that may be a no, and that nobody has read: replies that could mean either, damaged rows, files. Until a person
-- answers for one, or a later word of the same address comes from there, its address gets no marketing.
with

replies as (

    select
        inbound_id as word_id, source, inbound_id as place, channel, address, body as text, happened_at as said_at
    from {{ ref('int_inbound_messages_unioned') }}
    where meaning = 'unclear' and address is not null

),

words as (

    select word_id, source, place, channel, address, text, said_at from replies
    union all
    select word_id, source, place, channel, address, null, received_at from {{ source('run', 'unread_words') }}

),

later as (

    select source, channel, address, max(received_at) as received_at
    from {{ ref('int_consent_events_unioned') }}
    group by source, channel, address

)

select words.word_id, words.source, words.place, words.channel, words.address, words.text, words.said_at
from words
left join {{ source('ledger', 'answers') }} as answers
    on words.word_id = answers.word_id
left join later
    on words.source = later.source and words.channel = later.channel and words.address = later.address
where
    answers.word_id is null
    and (later.address is null or words.said_at is null or later.received_at <= words.said_at)
