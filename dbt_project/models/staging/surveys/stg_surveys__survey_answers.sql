with

source as (

    select * from {{ source('surveys', 'answers') }}

),

renamed as (

    select
        ---------- ids
        md5(
            survey || '|' || question || '|' || answered_at || '|'
            || coalesce(customer, email, phone, split_part(file_hash, '-', 1) || '/' || line)
        ) as answer_id,
        customer as shop_customer,

        ---------- strings
        email_folded as email,
        phone_e164 as phone,
        survey,
        question,
        answer,

        ---------- numerics
        score,

        ---------- timestamps
        answered_at as happened_at,
        cast(null as timestamp) as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
