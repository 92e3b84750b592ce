-- Splits by hand win over every key: the records that carry the other identifier leave, and each record between the
-- two goes with whom it shares its strongest key; in doubt it stays.
with

linked as (

    select * from {{ ref('int_records_linked') }}

),

sides as (

    select decisions.decision_id, linked.record, linked.component, min(decisions.side) = 'other' as is_leaving
    from {{ ref('int_decisions_traced') }} as decisions
    inner join linked
        on linked.record = {{ number_of('decisions.record_id') }}
    where decisions.decision = 'split'
    group by decisions.decision_id, linked.record, linked.component

),

torn as (

    select decision_id, component
    from sides
    group by decision_id, component
    having min(is_leaving) <> max(is_leaving)

),

keyed as (

    select record_keys.record, record_keys.key, keys.key_rank
    from {{ ref('int_records_keyed') }} as record_keys
    inner join {{ ref('int_keys_judged') }} as keys
        on record_keys.key = keys.key and not keys.is_shared

),

between as (

    select
        near.record,
        sides.decision_id,
        min(case when sides.is_leaving then near.key_rank end) as leaving_rank,
        min(case when not sides.is_leaving then near.key_rank end) as staying_rank
    from torn
    inner join sides
        on torn.decision_id = sides.decision_id and torn.component = sides.component
    inner join keyed as far
        on sides.record = far.record
    inner join keyed as near
        on far.key = near.key
    where
        not exists (
            select 1 from sides as taken
            where taken.decision_id = sides.decision_id and taken.record = near.record
        )
    group by near.record, sides.decision_id

),

leavers as (

    select sides.record, sides.decision_id
    from sides
    inner join torn
        on sides.decision_id = torn.decision_id and sides.component = torn.component
    where sides.is_leaving
    union all
    select record, decision_id
    from between
    where leaving_rank < coalesce(staying_rank, leaving_rank + 1)

),

parted as (

    select record, min(decision_id) as decision_id from leavers group by record

)

select
    linked.record,
    case
        when parted.decision_id is null then linked.component
        else {{ number_of("cast(linked.component as varchar) || ' without ' || parted.decision_id") }}
    end as component
from linked
left join parted
    on linked.record = parted.record
