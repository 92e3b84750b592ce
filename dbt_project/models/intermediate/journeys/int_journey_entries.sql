-- Open entries: those the log knows and has not let go, and those this run lets in. A first message goes out
-- in the run that finds its entry.
{{ holds_until(
    'an entry is admitted', "select " ~ just_after(as_of()) ~ " as moment from " ~ ref('int_entries_found')
) }}
with

logged as (

    select * from {{ ref('int_entries_logged') }} where admitted_at is not null and not is_exited

),

audiences as (

    select * from {{ ref('int_audiences_unioned') }}

)

select
    logged.journey,
    logged.customer_id,
    logged.entry_key,
    logged.entered_at,
    logged.admitted_at,
    logged.arm,
    logged.definition_hash,
    logged.is_backlog,
    false as is_new,
    audiences.customer_id is not null as is_inside
from logged
left join audiences
    on logged.journey = audiences.journey and logged.customer_id = audiences.customer_id
    and logged.entry_key = audiences.entry_key
union all
select
    journey, customer_id, entry_key, entered_at, {{ as_of() }}, arm, definition_hash, is_backlog,
    true as is_new,
    true as is_inside
from {{ ref('int_entries_found') }}
