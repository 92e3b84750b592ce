with

people as (

    select *, strpos(trim(name), ' ') as space
    from {{ source('zendesk', 'users') }}
    where lower(role) = 'end-user' and not coalesce(suspended, false)

),

renamed as (

    select
        ---------- ids
        'zendesk:' || id as record_id,
        cast(null as varchar) as shop_customer,
        cast(null as varchar) as member_card,

        ---------- strings
        email_folded as email,
        phone_e164 as phone,
        case when space > 0 then substr(trim(name), 1, space - 1) else trim(name) end as first_name,
        case when space > 0 then substr(trim(name), space + 1) end as last_name,
        cast(null as varchar) as birthday,
        cast(null as integer) as birth_year,
        cast(null as varchar) as street,
        cast(null as varchar) as postcode,
        cast(null as varchar) as country,
        cast(null as varchar) as joined_by,

        ---------- booleans
        cast(null as boolean) as is_email_opted_in,
        cast(null as boolean) as is_sms_opted_in,

        ---------- timestamps
        created_at as happened_at,
        updated_at as changed_at,
        received_at, file_name, file_hash, line

    from people

)

select * from renamed
