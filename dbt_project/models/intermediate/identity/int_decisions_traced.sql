-- What people decided by hand about two identifiers, the latest word on each pair, and the records it concerns;
-- none where nobody has the identifier. Undone decisions are gone. A phone names nobody here: households share one.
{{ known_until(ref('stg_manual__merges')) }}
{{ known_until(ref('stg_manual__splits')) }}
with

decisions_unioned as (

    select 'merge' as decision, merged.* from {{ ref('stg_manual__merges') }} as merged
    union all
    select 'split' as decision, parted.* from {{ ref('stg_manual__splits') }} as parted

),

ranked as (

    select
        *,
        row_number() over (
            partition by least(one, other), greatest(one, other)
            order by happened_at desc, {{ newest_file_first() }}, line desc, decision
        ) as recency_rank
    from decisions_unioned
    where {{ is_known('happened_at', 'received_at') }}

),

decisions_active as (

    select decision, one || ' = ' || other as decision_id, one, other, happened_at, decided_by
    from ranked
    where recency_rank = 1 and not is_undone

),

sides as (

    select decision_id, 'one' as side, one as identifier from decisions_active
    union all
    select decision_id, 'other', other from decisions_active

),

decisions_matched as (

    select sides.decision_id, sides.side, identifiers.record_id
    from sides
    inner join {{ ref('int_identifiers_unioned') }} as identifiers
        on sides.identifier = identifiers.identifier
    where identifiers.identifier_type <> 'phone'
    union
    select sides.decision_id, sides.side, records.record_id
    from sides
    inner join {{ ref('int_records_unioned') }} as records
        on sides.identifier = records.record_id

)

select
    decisions_active.decision_id,
    decisions_active.decision,
    decisions_active.one,
    decisions_active.other,
    decisions_active.happened_at,
    decisions_active.decided_by,
    decisions_matched.side,
    decisions_matched.record_id
from decisions_active
left join decisions_matched
    on decisions_active.decision_id = decisions_matched.decision_id
