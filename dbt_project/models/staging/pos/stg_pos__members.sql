with

source as (

    select * from {{ source('pos', 'members') }}

),

renamed as (

    select
        ---------- ids
        upper(member_card) as member_card,

        ---------- strings
        {{ normalise_email('email') }} as email,
        phone,
        given_name as first_name,
        surname as last_name,
        upper(country) as country,

        ---------- dates
        dob as birth_date,

        ---------- timestamps
        cast(joined as timestamp) as happened_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
