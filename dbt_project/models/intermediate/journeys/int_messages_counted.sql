-- What counts against caps: ours, in flight included, and the newsletter tool's own sends.
{{ holds_until('a decision of later is reached', "select decided_at as moment from " ~ source('ledger', 'messages')) }}
with

aliases as (

    select * from {{ ref('customer_aliases') }}

),

our_messages as (

    select * from {{ source('ledger', 'messages') }} where decided_at <= {{ as_of() }}

)

select
    messages.message_id as message_key,
    coalesce(aliases.customer_id, messages.customer_id) as customer_id,
    messages.address,
    messages.channel,
    messages.purpose,
    messages.decided_at as sent_at,
    true as is_ours
from our_messages as messages
left join aliases
    on messages.customer_id = aliases.alias_id
where messages.state in ('claimed', 'intended', 'accepted', 'in_doubt')
union all
select
    sent.send_id,
    identifiers.customer_id,
    sent.address,
    sent.channel,
    'marketing',
    sent.sent_at,
    false
from {{ ref('int_messages_engaged') }} as sent
inner join {{ ref('identifiers') }} as identifiers
    on sent.address = identifiers.identifier
    and identifiers.identifier_type = case sent.channel when 'email' then 'email' else 'phone' end
where not sent.is_ours and sent.sent_at is not null
