-- Every record that speaks of somebody, with its keys in one notation: contacts, orders, recognised cookies.
with

contacts as (

    select * from {{ ref('int_contacts_unioned') }}

),

orders as (

    select * from {{ ref('int_orders_unioned') }}
    where email is not null or phone is not null or member_card is not null or shop_customer is not null

),

cookies as (

    select * from {{ ref('int_cookies_consented') }} where email is not null or shop_customer is not null

),

unioned as (

    select
        record_id, source, trust, shop_customer, member_card, cast(null as varchar) as cookie, email, phone,
        first_name, last_name, birthday, birth_year, street, postcode, country, happened_at, received_at
    from contacts
    union all
    select
        'order:' || order_id, source, {{ var('sources')['contacts'] | length + 1 }},
        shop_customer, member_card, null, email, phone,
        null, null, null, null, null, null, country, ordered_at, received_at
    from orders
    union all
    select
        'cookie:' || cookie, 'web', {{ var('sources')['contacts'] | length + 2 }},
        shop_customer, null, cookie, email, null,
        null, null, null, null, null, null, null, identified_at, received_at
    from cookies

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
    unioned.birthday,
    unioned.birth_year,
    nullif(trim(unioned.street), '') as street,
    nullif(trim(unioned.postcode), '') as postcode,
    upper(unioned.country) as country,
    unioned.happened_at,
    unioned.received_at
from unioned
