with

source as (

    select * from {{ source('newsletter', 'members') }}

),

renamed as (

    select
        ---------- ids
        {{ normalise_email('email_address') }} as email,

        ---------- strings
        split_part(file_name, '_', 1) as list_state,  -- the state is the file, not a column
        first_name,
        last_name,
        phone_number as phone,
        replace(birthday, '/', '-') as birthday,
        upper(cc) as country,

        ---------- timestamps
        coalesce(confirm_time, optin_time) as joined_at,
        unsub_time as left_at,
        clean_time as cleaned_at,
        coalesce(unsub_time, clean_time, confirm_time, optin_time) as happened_at,
        last_changed as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
