-- What the run made of people, for somebody to review: who became one, who parted, what was decided by hand, and
-- the keys that too many share to join anybody.
with

identifiers as (

    select * from {{ ref('identifiers') }}

),

before as (

    select * from {{ source('run', 'identifiers_before') }}

),

gained as (

    select identifiers.customer_id, identifiers.identifier_type, identifiers.identifier, identifiers.why
    from identifiers
    left join before
        on identifiers.identifier_type = before.identifier_type and identifiers.identifier = before.identifier
        and identifiers.customer_id = before.customer_id
    where before.customer_id is null

),

moved as (

    select gained.customer_id, before.customer_id as other_customer_id, count(*) as record_count, min(gained.why) as why
    from gained
    inner join before
        on gained.identifier_type = before.identifier_type and gained.identifier = before.identifier
    left join identifiers as kept
        on before.identifier_type = kept.identifier_type and before.identifier = kept.identifier
        and before.customer_id = kept.customer_id
    where kept.customer_id is null
    group by gained.customer_id, before.customer_id

),

current_ids as (

    select distinct customer_id from identifiers

),

decisions as (

    select
        decisions.decision_id,
        decisions.decision,
        min(case when decisions.side = 'one' then resolved.customer_id end) as customer_id,
        min(case when decisions.side = 'other' then resolved.customer_id end) as other_customer_id,
        count(decisions.record_id) as record_count,
        min(decisions.decided_by) as decided_by
    from {{ ref('int_decisions_traced') }} as decisions
    left join {{ ref('int_customers_resolved') }} as resolved
        on decisions.record_id = resolved.record_id
    group by decisions.decision_id, decisions.decision

)

select
    case when current_ids.customer_id is null then 'merged' else 'split' end as change,
    moved.customer_id,
    moved.other_customer_id,
    moved.record_count,
    moved.why as detail
from moved
left join current_ids
    on moved.other_customer_id = current_ids.customer_id
union all
select
    case
        when customer_id is null or other_customer_id is null then decision || ' by hand, not found'
        else decision || ' by hand'
    end,
    customer_id,
    other_customer_id,
    record_count,
    decision_id || coalesce(', by ' || decided_by, '')
from decisions
union all
select
    'key shared', null, null, record_count,
    key_name || ' of ' || example_record_id || ' and others: ' || cast(name_count as varchar) || ' names'
from {{ ref('int_keys_judged') }}
where is_shared
