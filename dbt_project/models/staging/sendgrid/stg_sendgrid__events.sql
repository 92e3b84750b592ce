with

source as (

    select * from {{ source('sendgrid', 'events') }}

),

renamed as (

    select
        ---------- ids
        sg_event_id as event_id,
        -- asynchronous bounces carry no message id of the provider's; ours travels with every event
        coalesce(send_id, split_part(sg_message_id, '.', 1), sg_event_id) as send_id,

        ---------- strings
        {{ normalise_email('email') }} as email,
        lower(event) as event,
        lower(type) as bounce_type,
        reason,

        ---------- booleans
        coalesce(sg_machine_open, false) as is_machine_open,

        ---------- timestamps
        timestamp as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
