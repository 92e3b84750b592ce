-- What customers did in the web shop that tells of an interest; only of cookies whose owner agreed to be recognised.
with

acts as (

    select act, web_event from {{ ref('interest_weights') }} where web_event is not null

),

web_events as (

    -- repeats are numbered among these alone: most of what browsers do is no interest
    select *, row_number() over (partition by event_id order by received_at, happened_at) as occurrence
    from {{ ref('int_web_events_unioned') }}
    where event in (select web_event from acts)

)

select
    identifiers.customer_id,
    acts.act,
    web_events.sku,
    {{ fold_name('web_events.query') }} as query_folded,
    web_events.happened_at
from web_events
inner join acts
    on web_events.event = acts.web_event
inner join {{ ref('int_cookies_consented') }} as cookies
    on web_events.cookie = cookies.cookie
inner join {{ ref('identifiers') }} as identifiers
    on cookies.cookie = identifiers.identifier and identifiers.identifier_type = 'cookie'
where web_events.occurrence = 1
