with

source as (

    select * from {{ source('web', 'events') }}

),

renamed as (

    select
        ---------- ids
        message_id as event_id,
        case when lower(type) = 'alias' and previous_id not like '%@%' then previous_id else anonymous_id end as cookie,
        user_id as shop_customer,
        order_id,

        ---------- strings
        lower(type) as type,
        event,
        coalesce(email_folded, case when previous_id like '%@%' then lower(trim(previous_id)) end) as email,
        sku,
        product,
        category,
        query,

        ---------- booleans
        has_consent,

        ---------- timestamps
        -- a browser's clock may be wrong, but is wrong alike when it notes the event and when it sends it
        coalesce(stamped_at, arrived_at - (sent_at - original_at), happened_on) as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
