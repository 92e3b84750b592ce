-- One row per message a person got, ours or a newsletter tool's, and whether it moved them.
with

email_events as (

    {{ first_known(ref('stg_sendgrid__events'), ['event_id']) }}

),

our_messages as (

    select * from {{ source('ledger', 'messages') }} where state = 'accepted'

),

mailed as (

    select
        send_id,
        min(email) as address,
        'email' as channel,
        min(case when event in ('processed', 'delivered') then happened_at end) as sent_at,
        max(case when event = 'click' then happened_at end) as clicked_at,
        max(case when event = 'open' and not is_machine_open then happened_at end) as opened_at
    from email_events
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
where coalesce(our_messages.decided_at, mailed.sent_at) <= {{ as_of() }}
