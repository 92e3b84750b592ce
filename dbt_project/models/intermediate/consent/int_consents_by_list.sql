-- What each list said last of each address and purpose, and how well it is shown. A sign-up that nobody confirmed is a
-- yes only where the shop asks for no second one. A soft opt-in is no word: it is earned by orders.
{{ holds_until(
    'a word dated ahead is reached', "select happened_at as moment from " ~ ref('int_consent_events_unioned')
) }}
with

words as (

    select * from {{ ref('int_consent_events_unioned') }}
    where event in ('requested', 'confirmed', 'opted_in', 'opted_out', 'reopened')
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
        words.address, words.channel, words.purpose, words.source, words.list, words.proof, words.happened_at,
        case
            when words.event in ('opted_out', 'reopened') then words.event
            when words.event = 'requested' and coalesce(rules.is_double_opt_in, true) then 'requested'
            else 'opted_in'
        end as state,
        case
            when words.event = 'confirmed' then 'confirmed'
            when words.event = 'requested' and coalesce(rules.is_double_opt_in, true) then 'requested'
            when words.event not in ('opted_out', 'reopened') then 'single'
        end as double_opt_in,
        express.event is not null as is_express,
        rules.consent_months
    from words
    cross join home
    left join rules
        on coalesce(words.country, home.country) = rules.country and words.channel = rules.channel
    left join {{ ref('express_consents') }} as express
        on words.source = express.source and words.event = express.event

),

ranked as (

    select
        *,
        row_number() over (
            partition by address, channel, purpose, source, list
            -- asking to join changes nothing until it is confirmed; of the same moment, the no wins
            order by state = 'requested', happened_at desc, state <> 'opted_out', double_opt_in, proof
        ) as recency_in_list
    from weighed

)

select
    address, channel, purpose, source, list, state, double_opt_in, is_express, consent_months, proof, happened_at
from ranked
where recency_in_list = 1
