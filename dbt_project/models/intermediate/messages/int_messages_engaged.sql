-- One row per message a person got, ours or a newsletter tool's, and whether it moved them.
{{ holds_until('a message of ours counts', "select " ~ just_after('decided_at') ~ " as moment from "
    ~ source('ledger', 'messages') ~ " where state = 'accepted'", looks=2) }}
with

message_events as (

    select * from {{ ref('int_message_events_unioned') }}

),

our_messages as (

    select * from {{ source('ledger', 'messages') }} where state = 'accepted'

),

mailed as (

    select
        send_id,
        min(address) as address,
        min(channel) as channel,
        min(case when event in ('sent', 'delivered') then happened_at end) as sent_at,
        max(case when event = 'clicked' then happened_at end) as clicked_at,
        max(case when event = 'opened' and not is_machine_open then happened_at end) as opened_at
    from message_events
    group by send_id

)

select
    coalesce(our_messages.send_id, mailed.send_id) as send_id,
    coalesce(our_messages.address, mailed.address) as address,
    coalesce(our_messages.channel, mailed.channel) as channel,
    coalesce(our_messages.decided_at, mailed.sent_at) as sent_at,
    our_messages.send_id is not null as is_ours,
    mailed.clicked_at,
    mailed.opened_at,
    mailed.clicked_at is not null or mailed.opened_at is not null as is_engaged
from mailed
full outer join our_messages
    on mailed.send_id = our_messages.send_id
-- ours of this very moment are this run's own: looked back to, they had not been sent when it decided
where our_messages.decided_at < {{ as_of() }}
    or (our_messages.send_id is null and mailed.sent_at <= {{ as_of() }})
