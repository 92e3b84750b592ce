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
        'sms' as channel,
        body,
        body_meaning as meaning,
        body_keyword as keyword,
        lower(opt_out_type) as opt_out_type,

        ---------- timestamps
        sent_at as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
