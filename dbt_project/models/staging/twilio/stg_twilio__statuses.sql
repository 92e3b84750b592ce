with

source as (

    select * from {{ source('twilio', 'statuses') }}

),

renamed as (

    select
        ---------- ids
        message_sid as provider_id,
        send_id,

        ---------- strings
        lower(status) as status,
        error_code,

        ---------- timestamps
        told_at as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
