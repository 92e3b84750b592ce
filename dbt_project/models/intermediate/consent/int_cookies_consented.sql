-- Cookies whose owner agreed to be recognised, by the latest answer to the banner; others stay nobody's.
-- Each question reads the events by itself: a list of all, kept for three, costs twice as much.
with

answers as (

    select
        cookie,
        has_consent,
        row_number() over (partition by cookie order by happened_at desc, event_id desc) as recency_rank
    from {{ ref('int_web_events_unioned') }}
    where has_consent is not null and cookie is not null

),

identified as (

    select
        cookie,
        email,
        shop_customer,
        happened_at,
        received_at,
        row_number() over (partition by cookie order by happened_at desc, event_id desc, received_at) as recency_rank
    from {{ ref('int_web_events_unioned') }}
    where type in ('identify', 'alias') and (email is not null or shop_customer is not null)
        and cookie is not null

),

visited as (

    select cookie, max(happened_at) as last_visited_at
    from {{ ref('int_web_events_unioned') }}
    where cookie is not null
    group by cookie

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
    on answers.cookie = identified.cookie and identified.recency_rank = 1
where answers.recency_rank = 1 and answers.has_consent
