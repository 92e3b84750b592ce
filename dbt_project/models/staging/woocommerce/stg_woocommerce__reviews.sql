with

source as (

    {{ last_in_file(source('woocommerce', 'reviews'), 'id') }}

),

renamed as (

    select
        ---------- ids
        'woocommerce:' || id as review_id,

        ---------- strings
        reviewer_email_folded as email,
        'woocommerce:' || product_id as product,

        ---------- numerics
        rating,

        ---------- timestamps
        date_created_gmt as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
