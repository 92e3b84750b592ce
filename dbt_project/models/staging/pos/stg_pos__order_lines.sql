with source as (

    select * from {{ source('pos', 'receipts') }}

),

renamed as (

    select
        ---------- ids
        'pos:' || source.store || '/' || source.till || '/' || source.receipt_no
        || '/' || {{ iso_date('source.sold_at') }} as order_id,
        upper(source.member_card) as member_card,
        source.store || '/' || source.receipt_no as receipt,
        source.store || '/' || source.return_of as return_of,

        ---------- strings
        source.member_email_folded as email,
        source.member_phone_e164 as phone,
        coalesce(upper(source.member_card), source.member_phone_e164, source.member_email_folded) as buyer,
        source.sku,
        source.item as product,
        nullif(nullif(lower(source.kind), 'sale'), 'return') as told_kind,
        coalesce(countries.country, home.country) as country,
        coalesce(countries.currency, home.currency) as currency,

        ---------- numerics
        cast({{ brought_back_below_zero('source.qty') }} as decimal(18, 4)) as quantity,
        cast({{ brought_back_below_zero('source.line_total') }} as decimal(18, 4)) as line_total,

        ---------- booleans
        lower(source.kind) = 'return' or source.qty < 0 as is_brought_back,

        ---------- timestamps
        {{ local_to_utc('source.sold_at', 'coalesce(countries.time_zone, home.time_zone)') }} as happened_at,
        cast(null as timestamp) as changed_at,
        source.received_at, source.file_name, source.file_hash, source.line

    from source
    -- a till that names no country stands at home
    inner join {{ ref('countries') }} as home
        on home.is_home
    left join {{ ref('countries') }} as countries
        on countries.country = upper(source.country)

)

select * from renamed
