with

source as (

    select * from {{ source('ads', 'spend') }}

),

renamed as (

    select
        ---------- ids
        {{ iso_date('day') }} || '/' || lower(platform) || '/' || campaign as spend_id,

        ---------- strings
        lower(platform) as platform,
        campaign,
        upper(currency) as currency,

        ---------- numerics
        impressions as impression_count,
        clicks as click_count,
        cost,

        ---------- timestamps
        cast(day as timestamp) as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
