{%- set is_no = "event in ('bounced', 'opted_out')" %}
with

source as (

    select * from {{ source('twilio', 'statuses') }}

),

renamed as (

    select
        ---------- ids
        message_sid || '/' || lower(status) as event_id,
        coalesce(send_id, message_sid) as send_id,

        ---------- strings
        to_number_e164 as address,
        to_number_maybe as maybe,
        'sms' as channel,
        case
            when error_code = '21610' then 'opted_out'  -- they told the operator
            when error_code in ('21211', '21614', '21635', '30005', '30006') then 'bounced'  -- no such mobile number
            when lower(status) in ('undelivered', 'failed', 'canceled') then 'failed'
            when lower(status) = 'read' then 'opened'
            else lower(status)
        end as event,
        error_code as reason,

        ---------- booleans
        false as is_machine_open,

        ---------- timestamps
        told_at,
        received_at, exported_at, landed_at, file_name, file_hash, line

    from source

)

select
    event_id, send_id, {{ said_by(is_no, 'address', 'maybe') }} as address,
    channel, event, reason, is_machine_open,
    {{ refused_if(is_no, 'told_at') }} as happened_at,
    {{ refused_if(is_no, 'received_at') }} as received_at,
    file_name, file_hash, line
from renamed
