with

source as (

    select * from {{ source('reviews', 'judgeme') }}

),

renamed as (

    select
        ---------- ids
        md5(coalesce(reviewer_email, '') || '|' || coalesce(product_handle, '') || '|' || review_date) as review_id,

        ---------- strings
        reviewer_email_folded as email,
        product_handle as product,

        ---------- numerics
        cast(rating as integer) as rating,

        ---------- timestamps
        review_date as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
