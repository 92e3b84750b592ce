-- Every id the ledger may still speak of, and the customer it means today.
with

registry as (

    select distinct identifier_type, identifier, customer_id, assigned_at, identified_at
    from {{ source('run', 'registry') }}

),

identifiers as (

    select distinct
        resolved.customer_id, identifiers.identifier_type, identifiers.type_rank, identifiers.identifier
    from {{ ref('int_identifiers_unioned') }} as identifiers
    inner join {{ ref('int_customers_resolved') }} as resolved on identifiers.record_id = resolved.record_id

),

traced as (

    select
        registry.customer_id as alias_id,
        identifiers.customer_id,
        row_number() over (
            partition by registry.customer_id
            order by
                registry.assigned_at, registry.identified_at nulls last, identifiers.type_rank,
                identifiers.identifier, identifiers.customer_id
        ) as trace_rank
    from registry
    inner join identifiers
        on registry.identifier_type = identifiers.identifier_type
        and registry.identifier = identifiers.identifier

),

current_ids as (

    select distinct customer_id from {{ ref('int_customers_resolved') }}

)

select customer_id as alias_id, customer_id from current_ids
union all
select alias_id, customer_id
from traced
where trace_rank = 1 and alias_id not in (select customer_id from current_ids)
