-- What became of each step that anything became of: sent, failed, dropped, or under way. By the customer of today.
{{ holds_until('a decision of later is reached', "select decided_at as moment from " ~ source('ledger', 'messages')
    ~ " union all select decided_at from " ~ source('ledger', 'journey_log'), looks=2) }}
with

aliases as (

    select * from {{ ref('customer_aliases') }}

),

ends as (

    select
        journey, step, entry_key, customer_id,
        case when state = 'accepted' then decided_at end as sent_at,
        case when state in ('accepted', 'failed') then decided_at end as ended_at,
        state in ('claimed', 'intended', 'in_doubt') as is_in_flight
    from {{ source('ledger', 'messages') }}
    where decided_at <= {{ as_of() }}
    union all
    select journey, step, entry_key, customer_id, null, decided_at, false
    from {{ source('ledger', 'journey_log') }}
    where kind = 'step_dropped' and decided_at <= {{ as_of() }}

)

select
    ends.journey, ends.step, ends.entry_key,
    coalesce(aliases.customer_id, ends.customer_id) as customer_id,
    max(ends.sent_at) as sent_at,
    coalesce(max(ends.sent_at), min(ends.ended_at)) as ended_at,
    bool_or(ends.is_in_flight) as is_in_flight
from ends
left join aliases
    on ends.customer_id = aliases.alias_id
group by ends.journey, ends.step, ends.entry_key, coalesce(aliases.customer_id, ends.customer_id)
