-- What each address said last of each purpose, and how well it is shown. A sign-up that nobody confirmed is a yes only
-- where the shop asks for no second one. A soft opt-in is no word: it is earned by orders, whatever a source claims.
{{ holds_until(
    'a word dated ahead is reached', "select happened_at as moment from " ~ ref('int_consent_events_unioned')
) }}
with

words as (

    select * from {{ ref('int_consent_events_unioned') }}
    where event in ('requested', 'confirmed', 'opted_in', 'opted_out')
        and coalesce(basis, 'consent') = 'consent' and happened_at <= {{ as_of() }}

),

rules as (

    select * from {{ ref('consent_rules') }}

),

home as (

    select country from {{ ref('countries') }} where is_home

),

weighed as (

    select
        words.address, words.channel, words.purpose, words.source, words.proof, words.happened_at,
        case
            when words.event = 'opted_out' then 'opted_out'
            when words.event = 'requested' and coalesce(rules.is_double_opt_in, true) then 'requested'
            else 'opted_in'
        end as state,
        case
            when words.event = 'confirmed' then 'confirmed'
            when words.event = 'requested' and coalesce(rules.is_double_opt_in, true) then 'requested'
            when words.event <> 'opted_out' then 'single'
        end as double_opt_in,
        rules.consent_months
    from words
    cross join home
    left join rules
        on coalesce(words.country, home.country) = rules.country and words.channel = rules.channel

),

ranked as (

    select
        *,
        row_number() over (
            partition by address, channel, purpose
            -- asking to join changes nothing until it is confirmed; of the same moment, opted_out wins
            order by state = 'requested', happened_at desc, state desc, double_opt_in, proof, source
        ) as recency_rank
    from weighed

)

select
    address,
    channel,
    purpose,
    state,
    double_opt_in,
    source,
    proof,
    happened_at as captured_at,
    case when state = 'opted_in' then {{ months_later('happened_at', 'consent_months') }} end as expires_at
from ranked
where recency_rank = 1
