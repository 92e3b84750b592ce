-- Words that may be a no, and that nobody has read: replies that could mean either, damaged rows, files. Each holds its
-- address as a no of that moment would, until a person answers or a yes comes that a no would yield to: said later, on
-- the same list or to the shop itself (express_consents). Nobody can say no for a whole channel: it is read or kept.
with

replies as (

    select
        inbound_id as word_id, source, inbound_id as place, channel, address, body as text, happened_at as said_at
    from {{ ref('int_inbound_messages_unioned') }}
    where meaning = 'unclear' and address is not null

),

words as (

    {{ each_word('replies', 'address') }}
    union all
    select word_id, source, place, channel, address, null, said_at from {{ source('run', 'unread_words') }}

),

said_later as (

    select distinct words.word_id, words.channel, words.address
    from words
    inner join {{ ref('int_consents_by_list') }} as later
        on words.channel = later.channel and words.address = later.address and later.purpose = 'marketing'
        and words.said_at < later.happened_at
    where
        later.state = 'opted_in'
        and (
            later.is_express
            or (later.source = words.source and contains(lower(words.place), coalesce(later.list, '')))
        )

)

select words.word_id, words.source, words.place, words.channel, words.address, words.text, words.said_at
from words
left join {{ source('ledger', 'answers') }} as answers
    on words.word_id = answers.word_id and (words.address is not null or answers.meaning = 'keep')
left join said_later
    on words.word_id = said_later.word_id and words.channel = said_later.channel
    and words.address = said_later.address
where answers.word_id is null and said_later.word_id is null
