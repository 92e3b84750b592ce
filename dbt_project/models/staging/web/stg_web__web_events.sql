with

source as (

    select * from {{ source('web', 'events') }}

),

renamed as (

    select
        ---------- ids
        message_id as event_id,
        anonymous_id as cookie,

        ---------- strings
        lower(type) as type,
        event,
        {{ normalise_email('email') }} as email,

        ---------- booleans
        has_consent,

        ---------- timestamps
        happened_on as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
