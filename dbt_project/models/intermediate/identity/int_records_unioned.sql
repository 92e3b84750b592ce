-- Every record that speaks of somebody, with its keys in one notation: contacts, orders, recognised cookies.
{% set oldest_birth = months_later('told.typed_at', '-12 * (1 + ' ~ limit_of('oldest_age_years') ~ ')') %}
with

contacts as (

    select * from {{ ref('int_contacts_unioned') }}

),

orders as (

    select * from {{ ref('int_orders_unioned') }}
    where email is not null or phone is not null or member_card is not null or shop_customer is not null

),

placeholders as (

    select * from {{ ref('placeholder_birthdays') }}

),

cookies as (

    select * from {{ ref('int_cookies_consented') }} where email is not null or shop_customer is not null

),

unioned as (

    select
        record_id, source, trust, shop_customer, member_card, cast(null as varchar) as cookie, email, phone,
        first_name, last_name, street, postcode, country, happened_at, received_at
    from contacts
    union all
    select
        'order:' || order_id, source, {{ var('sources')['contacts'] | length + 1 }},
        shop_customer, member_card, null, email, phone,
        null, null, null, null, country, ordered_at, received_at
    from orders
    union all
    select
        'cookie:' || cookie, 'web', {{ var('sources')['contacts'] | length + 2 }},
        shop_customer, null, cookie, email, null,
        null, null, null, null, null, identified_at, received_at
    from cookies

),

birthdays as (

    -- what is typed where nobody knows the day is no birthday: nor is the day of typing itself, or one after it
    select
        told.*,
        told.birth_date <= {{ iso_date(oldest_birth) }} as is_too_old
    from (
        select
            record_id, birthday, birth_year,
            coalesce(happened_at, received_at) as typed_at,
            cast(birth_year as varchar) || '-' || birthday as birth_date
        from contacts
        where {{ is_month_and_day('birthday') }}
    ) as told
    left join placeholders as days
        on told.birthday = days.told
    left join placeholders as years
        on cast(told.birth_year as varchar) = years.told
    left join placeholders as dates
        on told.birth_date = dates.told
    where days.told is null and years.told is null and dates.told is null
        and told.birthday <> substr({{ iso_date('told.typed_at') }}, 6)
        and told.birthday <> substr({{ iso_date(shop_day('told.typed_at')) }}, 6)
        and coalesce(told.birth_date < {{ iso_date('told.typed_at') }}, true)

)

select
    unioned.record_id,
    unioned.source,
    unioned.trust,
    unioned.shop_customer,
    unioned.member_card,
    unioned.cookie,
    unioned.email,
    unioned.phone,
    nullif(trim(unioned.first_name), '') as first_name,
    nullif(trim(unioned.last_name), '') as last_name,
    {{ fold_name('unioned.first_name') }} as first_folded,
    {{ fold_name('unioned.last_name') }} as last_folded,
    case when not coalesce(birthdays.is_too_old, false) then birthdays.birthday end as birthday,
    case when not birthdays.is_too_old then birthdays.birth_year end as birth_year,
    case when birthdays.is_too_old then birthdays.birth_date end as slipped_birth_date,
    nullif(trim(unioned.street), '') as street,
    nullif(trim(unioned.postcode), '') as postcode,
    upper(unioned.country) as country,
    unioned.happened_at,
    unioned.received_at
from unioned
left join birthdays
    on unioned.record_id = birthdays.record_id
