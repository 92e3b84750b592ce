-- What each address said last of each purpose, over all lists. Refused on one and agreed on another, the no wins (rule
-- refused_elsewhere), unless a newer yes is express by seeds/express_consents.csv: said to the shop, and not merely
-- carried from list to list.
with

compared as (

    select
        *,
        max(case when state = 'opted_out' then happened_at end) over (
            partition by address, channel, purpose
        ) as refused_at
    from {{ ref('int_consents_by_list') }}

),

judged as (

    select
        *,
        refused_at is not null and state = 'opted_in' and not (is_express and happened_at > refused_at)
            as is_refused_elsewhere
    from compared
    where state <> 'reopened'

),

ranked as (

    select
        *,
        min(case when is_refused_elsewhere then source end) over (
            partition by address, channel, purpose
        ) as overruled_source,
        row_number() over (
            partition by address, channel, purpose
            order by
                state = 'requested', is_refused_elsewhere, happened_at desc, state <> 'opted_out', double_opt_in,
                proof, source, list
        ) as recency_rank
    from judged

)

select
    address,
    channel,
    purpose,
    state,
    double_opt_in,
    source,
    proof,
    case when state = 'opted_out' then overruled_source end as overruled_source,
    happened_at as captured_at,
    case when state = 'opted_in' then {{ months_later('happened_at', 'consent_months') }} end as expires_at
from ranked
where recency_rank = 1
