with

source as (

    select * from {{ source('shopify', 'products') }}

),

renamed as (

    select
        ---------- ids
        variant_sku as sku,

        ---------- strings
        title as product,
        nullif(trim(product_type), '') as category,

        ---------- numerics
        cast(variant_price as decimal(18, 4)) as price,

        ---------- timestamps
        cast(null as timestamp) as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source
    where variant_sku is not null  -- the other rows are further pictures

)

select * from renamed
