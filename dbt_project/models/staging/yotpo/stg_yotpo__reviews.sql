with

source as (

    select * from {{ source('yotpo', 'reviews') }}

),

renamed as (

    select
        ---------- ids
        md5('yotpo|' || coalesce(email, '') || '|' || coalesce(product_id, '') || '|' || date) as review_id,

        ---------- strings
        email_folded as email,
        product_id as product,

        ---------- numerics
        review_score as rating,

        ---------- timestamps
        date as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
