-- The last messages of each customer, newest first, and how long none of them moved anything.
{{ holds_until('a message is too old to count', "select " ~ days_later('sent_at', lifecycle_rule('message_days'))
    ~ " as moment from " ~ ref('int_messages_engaged')) }}
with

messages as (

    select
        identifiers.customer_id,
        messages.send_id,
        messages.sent_at,
        messages.is_engaged
    from {{ ref('int_messages_engaged') }} as messages
    inner join {{ ref('identifiers') }} as identifiers
        on messages.address = identifiers.identifier
        and identifiers.identifier_type = case messages.channel when 'email' then 'email' else 'phone' end
    where messages.sent_at > {{ days_later(as_of(), '-' ~ lifecycle_rule('message_days')) }}

),

replies as (

    select customer_id, max(happened_at) as replied_at
    from {{ ref('int_replies_attributed') }}
    group by customer_id

),

ranked as (

    select
        messages.customer_id,
        messages.sent_at,
        -- a reply answers the latest message before it
        messages.is_engaged or replies.replied_at >= messages.sent_at as is_engaged,
        row_number() over (
            partition by messages.customer_id order by messages.sent_at desc, messages.send_id
        ) as recency_rank
    from messages
    left join replies
        on messages.customer_id = replies.customer_id

),

summed as (

    select
        customer_id,
        count(*) as message_count,
        min(case when is_engaged then recency_rank end) as engaged_rank
    from ranked
    group by customer_id

)

select
    summed.customer_id,
    summed.message_count,
    summed.engaged_rank,
    -- the message that made the silence long enough
    ranked.sent_at as silent_since
from summed
left join ranked
    on summed.customer_id = ranked.customer_id
    and ranked.recency_rank = summed.engaged_rank - {{ lifecycle_rule('message_count') }}
