{%- set may_be_no = "coalesce(meaning in ('stop', 'unclear'), false) or coalesce(opt_out_type = 'stop', false)" %}
with

source as (

    select * from {{ source('twilio', 'inbound') }}

),

renamed as (

    select
        ---------- ids
        message_sid as inbound_id,

        ---------- strings
        from_number_e164 as address,
        from_number_maybe as maybe,
        'sms' as channel,
        body,
        body_meaning as meaning,
        body_keyword as keyword,
        lower(opt_out_type) as opt_out_type,

        ---------- timestamps
        sent_at,
        received_at, exported_at, landed_at, file_name, file_hash, line

    from source

)

select
    inbound_id, {{ said_by(may_be_no, 'address', 'maybe') }} as address, channel, body, meaning, keyword, opt_out_type,
    {{ refused_if(may_be_no, 'sent_at') }} as happened_at,
    {{ refused_if(may_be_no, 'received_at') }} as received_at,
    file_name, file_hash, line
from renamed
