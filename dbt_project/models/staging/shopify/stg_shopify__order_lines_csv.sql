with

source as (

    select * from {{ source('shopify', 'orders') }}

),

renamed as (

    select
        ---------- ids
        'shopify:' || id as order_id,

        ---------- strings
        lineitem_sku as sku,
        lineitem_name as product,
        cast(null as varchar) as told_kind,

        ---------- numerics
        cast(lineitem_quantity as decimal(18, 4)) as quantity,
        cast(
            lineitem_quantity * lineitem_price - coalesce(lineitem_discount, 0) as decimal(18, 4)
        ) as line_total,

        ---------- booleans
        false as is_brought_back,
        cast(null as varchar) as buyer,
        cast(null as varchar) as receipt,
        cast(null as varchar) as return_of,

        ---------- timestamps
        created_at as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source
    where lineitem_name is not null

)

select * from renamed
