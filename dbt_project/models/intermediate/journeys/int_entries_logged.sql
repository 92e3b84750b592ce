-- The lines of the journey log as one row per entry, under the customer id of today.
-- After a merge, one entry may have the lines of two customers. min() then takes the earlier times, and holdout before
-- treated.
{{ holds_until(
    'a decision of later is reached', "select decided_at as moment from " ~ source('ledger', 'journey_log')
) }}
with

journey_log as (

    select log.*, coalesce(aliases.customer_id, log.customer_id) as current_id
    from {{ source('ledger', 'journey_log') }} as log
    left join {{ ref('customer_aliases') }} as aliases
        on log.customer_id = aliases.alias_id
    where log.decided_at <= {{ as_of() }}

)

select
    journey,
    current_id as customer_id,
    entry_key,
    min(case when kind = 'entered' then entered_at end) as entered_at,
    min(case when kind = 'entered' then decided_at end) as admitted_at,
    min(case when kind = 'entered' then arm end) as arm,
    min(case when kind = 'entered' then definition_hash end) as definition_hash,
    bool_or(is_backlog) as is_backlog,
    bool_or(kind = 'exited') as is_exited
from journey_log
group by journey, current_id, entry_key
