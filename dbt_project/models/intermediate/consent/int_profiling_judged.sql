-- Whether each customer lets us choose messages by what we know of them: the last they said, on whichever address.
{{ holds_until(
    'a word dated ahead is reached', "select happened_at as moment from " ~ ref('int_consent_events_unioned')
) }}
with

words as (

    select * from {{ ref('int_consent_events_unioned') }}
    where event in ('profiling_refused', 'profiling_allowed') and happened_at <= {{ as_of() }}

),

addresses as (

    select distinct customer_id, identifier as address from {{ ref('identifiers') }}
    where identifier_type in ('email', 'phone')

),

ranked as (

    select
        addresses.customer_id,
        words.event,
        words.happened_at,
        row_number() over (
            partition by addresses.customer_id
            order by words.happened_at desc, words.event desc, words.source  -- of the same moment, the refusal wins
        ) as recency_rank
    from words
    inner join addresses
        on words.address = addresses.address

)

select
    customer_id,
    case event when 'profiling_refused' then 'refused' else 'allowed' end as profiling,
    happened_at as profiling_said_at
from ranked
where recency_rank = 1
