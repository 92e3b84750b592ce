with

source as (

    select * from {{ source('programme', 'points_movements') }}

),

renamed as (

    select
        ---------- ids
        movement_id,
        upper(member_card) as member_card,

        ---------- strings
        reason,

        ---------- numerics
        points,

        ---------- timestamps
        moved_at as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
