-- Cookies whose owner agreed to be recognised, by the latest answer to the banner; others stay nobody's.
with

web_events as (

    select * from {{ ref('int_web_events_unioned') }} where cookie is not null

),

answers as (

    select
        cookie,
        has_consent,
        row_number() over (partition by cookie order by happened_at desc, event_id desc) as newness
    from web_events
    where has_consent is not null

),

identified as (

    select
        cookie,
        email,
        shop_customer,
        happened_at,
        received_at,
        row_number() over (partition by cookie order by happened_at desc, event_id desc) as newness
    from web_events
    where type in ('identify', 'alias') and (email is not null or shop_customer is not null)

),

visited as (

    select cookie, max(happened_at) as last_visited_at from web_events group by cookie

)

select
    answers.cookie,
    identified.email,
    identified.shop_customer,
    identified.happened_at as identified_at,
    identified.received_at,
    visited.last_visited_at
from answers
inner join visited
    on answers.cookie = visited.cookie
left join identified
    on answers.cookie = identified.cookie and identified.newness = 1
where answers.newness = 1 and answers.has_consent
