-- Consent as dated events per address, from lists, from what became of messages, and from what people wrote to us.
-- Flags without a date are weighed later, in int_consents_resolved.
with

lists as (

    {{ from_sources('consent_events', unit='unit_id', columns=[
        'address', 'channel', 'purpose', 'event', 'basis', 'list', 'proof', 'country', 'happened_at', 'received_at',
    ]) | indent(4) }}

),

said as (

    select
        address, channel, purpose, event, basis, source, list, proof, upper(country) as country, happened_at,
        received_at
    from lists
    union all
    select
        address,
        channel,
        'marketing',
        event,
        case when event = 'opted_in' then 'consent' end,
        source,
        null,
        'message ' || send_id,
        null,
        happened_at,
        received_at
    from {{ ref('int_message_events_unioned') }}
    -- what is left of an erased person's messages says nobody's
    where event in ('bounced', 'complained', 'opted_out', 'opted_in') and not is_repeat and address is not null
    union all
    select
        address,
        channel,
        'marketing',
        case meaning when 'stop' then 'opted_out' else 'reopened' end,
        null,
        source,
        null,
        'the word ' || keyword,
        null,
        happened_at,
        received_at
    from {{ ref('int_inbound_messages_unioned') }}
    where meaning in ('stop', 'start') and address is not null
    union all
    select
        unread.address, unread.channel, 'marketing', 'opted_out', null, unread.source, null,
        'read by ' || answers.answered_by, null, answers.answered_at, answers.answered_at
    from {{ source('ledger', 'answers') }} as answers
    inner join {{ source('run', 'unread_words') }} as unread
        on answers.word_id = unread.word_id
    where answers.meaning = 'stop' and unread.address is not null
    union all
    select
        inbound.address, inbound.channel, 'marketing', 'opted_out', null, inbound.source, null,
        'read by ' || answers.answered_by, null, inbound.happened_at, inbound.received_at
    from {{ source('ledger', 'answers') }} as answers
    inner join {{ ref('int_inbound_messages_unioned') }} as inbound
        on answers.word_id = inbound.inbound_id
    where answers.meaning = 'stop' and inbound.address is not null

)

select * from said where address not like '% %'
union all
-- a no by a text that is no address: each that it may stand for has said it
{{ each_word("(select * from said where address like '% %') as unclear", 'address') }}
