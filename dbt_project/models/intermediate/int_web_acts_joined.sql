-- What customers did in the web shop that tells of an interest; only of cookies whose owner agreed to be recognised.
with

web_events as (

    select * from {{ ref('int_web_events_unioned') }}

),

acts as (

    select act, web_event from {{ ref('interest_weights') }} where web_event is not null

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
