-- What people decided by hand about two identifiers, the latest word on each pair, and the records it concerns;
-- none where nobody has the identifier. Undone decisions are gone. A phone names nobody here: households share one.
with

told as (

    select 'merge' as decision, merged.* from {{ ref('stg_manual__merges') }} as merged
    union all
    select 'split' as decision, parted.* from {{ ref('stg_manual__splits') }} as parted

),

ranked as (

    select
        *,
        row_number() over (
            partition by least(one, other), greatest(one, other)
            order by happened_at desc, file_name desc, line desc, file_hash, decision
        ) as newness
    from told
    where {{ is_known('happened_at', 'received_at') }}

),

standing as (

    select decision, one || ' = ' || other as decision_id, one, other, happened_at, decided_by
    from ranked
    where newness = 1 and not is_undone

),

sides as (

    select decision_id, 'one' as side, one as identifier from standing
    union all
    select decision_id, 'other', other from standing

),

carried as (

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
    standing.decision_id,
    standing.decision,
    standing.one,
    standing.other,
    standing.happened_at,
    standing.decided_by,
    carried.side,
    carried.record_id
from standing
left join carried
    on standing.decision_id = carried.decision_id
