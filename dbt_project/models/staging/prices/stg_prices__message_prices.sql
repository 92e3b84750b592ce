with

source as (

    select * from {{ source('prices', 'messages') }}

),

renamed as (

    select
        ---------- ids
        upper(country) || '/' || lower(channel) || '/' || {{ iso_date('valid_from') }} as price_id,

        ---------- strings
        upper(country) as country,
        lower(channel) as channel,
        upper(currency) as currency,

        ---------- numerics
        price,

        ---------- dates
        valid_from,

        ---------- timestamps
        cast(null as timestamp) as happened_at,  -- a price of next year is known today
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
