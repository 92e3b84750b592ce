with

source as (

    select * from {{ source('manual', 'splits') }}

),

renamed as (

    select
        ---------- ids
        coalesce(one_folded, {{ written_identifier('one') }}) as one,
        coalesce(other_folded, {{ written_identifier('other') }}) as other,

        ---------- strings
        decided_by,
        reason,

        ---------- booleans
        coalesce(undo, false) as is_undone,

        ---------- timestamps
        decided_at as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
