{%- set is_no = "event in ('bounced', 'complained', 'opted_out')" %}
with

renamed as (

    select
        ---------- ids
        sg_event_id as event_id,
        -- asynchronous bounces carry no message id of the provider's; ours travels with every event
        coalesce(send_id, split_part(sg_message_id, '.', 1), sg_event_id) as send_id,

        ---------- strings
        email_folded as address,
        email_maybe as maybe,
        'email' as channel,
        case lower(event)
            when 'processed' then 'sent' when 'open' then 'opened' when 'click' then 'clicked'
            -- a blocked message is no verdict on the address
            when 'bounce' then case when lower(type) = 'blocked' then 'blocked' else 'bounced' end
            when 'dropped'  -- never sent, mostly for what the provider remembers of the address
                then
                    case lower(reason)
                        when 'bounced address' then 'bounced' when 'spam reporting address' then 'complained'
                        when 'unsubscribed address' then 'opted_out' else 'failed'
                    end
            when 'spamreport' then 'complained'
            when 'unsubscribe' then 'opted_out' when 'group_unsubscribe' then 'opted_out'
            when 'group_resubscribe' then 'opted_in'
            else lower(event)
        end as event,
        reason,

        ---------- booleans
        coalesce(sg_machine_open, false) as is_machine_open,

        ---------- timestamps
        timestamp as told_at, received_at, exported_at, landed_at, file_name, file_hash, line
    from {{ source('sendgrid', 'events') }}

)

select
    event_id, send_id,
    {{ said_by(is_no, 'address', 'maybe') }} as address,
    channel, event, reason, is_machine_open,
    {{ refused_if(is_no, 'told_at') }} as happened_at,
    received_at, file_name, file_hash, line
from renamed
