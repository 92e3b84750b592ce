with

source as (

    select * from {{ source('twilio', 'inbound') }}

),

renamed as (

    select
        ---------- ids
        message_sid as inbound_id,

        ---------- strings
        from_number as address,
        'sms' as channel,
        body,
        -- whole message, without case and closing punctuation: "don't stop" is no opt-out
        trim({{ regex_remove('lower(body)', '[.!,\\s]+$') }}) as word,
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
