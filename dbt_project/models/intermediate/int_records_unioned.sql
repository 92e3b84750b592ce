with

shop_customers as (

    {{ newest_known(ref('stg_shopify__customers'), ['coalesce(shop_customer, email)']) }}

),

newsletter_members as (

    {{ newest_known(ref('stg_newsletter__members'), ['email'], changed_at='changed_at') }}

),

card_holders as (

    {{ newest_known(ref('stg_pos__members'), ['member_card']) }}

),

orders as (

    select * from {{ ref('int_orders_unioned') }}

),

cookies as (

    select * from {{ ref('int_cookies_consented') }} where email is not null

),

unioned as (

    select
        'shop_customer:' || coalesce(shop_customer, email) as record_id, 'shopify' as source, 1 as trust,
        shop_customer, cast(null as varchar) as member_card, cast(null as varchar) as cookie, email, phone, first_name, last_name,
        cast(null as varchar) as birthday, country, happened_at, received_at
    from shop_customers
    union all
    select
        'member:' || member_card, 'pos', 2,
        null, member_card, null, email, phone, first_name, last_name,
        substr({{ iso_date('birth_date') }}, 6), country, happened_at, received_at
    from card_holders
    union all
    select
        'newsletter:' || email, 'newsletter', 3,
        null, null, null, email, phone, first_name, last_name, birthday, country, joined_at, received_at
    from newsletter_members
    union all
    select
        'order:' || order_id, source, 4,
        null, member_card, null, email, phone, null, null, null, country, ordered_at, received_at
    from orders
    where email is not null or phone is not null or member_card is not null
    union all
    select
        'cookie:' || cookie, 'web', 5,
        null, null, cookie, email, null, null, null, null, null, identified_at, received_at
    from cookies

),

countries as (

    select * from {{ ref('countries') }}

)

select
    unioned.record_id,
    unioned.source,
    unioned.trust,
    unioned.shop_customer,
    unioned.member_card,
    unioned.cookie,
    unioned.email,
    {{ normalise_phone('unioned.phone', 'coalesce(countries.calling_code, home.calling_code)') }} as phone,
    nullif(trim(unioned.first_name), '') as first_name,
    nullif(trim(unioned.last_name), '') as last_name,
    {{ fold_name('unioned.first_name') }} as first_folded,
    {{ fold_name('unioned.last_name') }} as last_folded,
    unioned.birthday,
    upper(unioned.country) as country,
    unioned.happened_at,
    unioned.received_at
from unioned
inner join countries as home
    on home.is_home
left join countries
    on upper(unioned.country) = countries.country
