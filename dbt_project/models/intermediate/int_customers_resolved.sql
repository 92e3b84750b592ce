-- Every record gets its customer. An id once given is kept: by the component that holds the identifier it was
-- first given for; a merge keeps the older id, a leaver gets a new one.
with

linked as (

    select * from {{ ref('int_identifiers_linked') }}

),

identifiers as (

    select
        linked.component,
        identifiers.identifier_type,
        identifiers.type_rank,
        identifiers.identifier,
        min(identifiers.happened_at) as happened_at
    from {{ ref('int_identifiers_unioned') }} as identifiers
    inner join linked on identifiers.record_id = linked.record_id
    group by linked.component, identifiers.identifier_type, identifiers.type_rank, identifiers.identifier

),

own_identifiers as (

    -- a number two households write down names neither
    select
        identifiers.*,
        count(*) over (partition by identifier_type, identifier) = 1 as is_own
    from identifiers

),

oldest_identifiers as (

    select
        component, identifier_type, identifier,
        row_number() over (
            partition by component
            order by is_own desc, happened_at nulls last, type_rank, identifier
        ) as age_rank
    from own_identifiers

),

claims as (

    select
        own_identifiers.component,
        registry.customer_id,
        registry.assigned_at,
        row_number() over (
            partition by registry.customer_id
            order by registry.assigned_at, registry.identified_at nulls last, own_identifiers.type_rank,
                own_identifiers.identifier
        ) as claim_rank
    from {{ source('run', 'registry') }} as registry
    inner join own_identifiers
        on registry.identifier_type = own_identifiers.identifier_type
        and registry.identifier = own_identifiers.identifier
        and own_identifiers.is_own

),

kept_ids as (

    select
        component, customer_id,
        row_number() over (partition by component order by assigned_at, customer_id) as id_rank
    from claims
    where claim_rank = 1

)

select
    linked.record_id,
    linked.component,
    coalesce(
        kept_ids.customer_id,
        substr({{ salted_id("oldest_identifiers.identifier_type || '|' || oldest_identifiers.identifier") }}, 1, 20)
    ) as customer_id
from linked
inner join oldest_identifiers
    on linked.component = oldest_identifiers.component and oldest_identifiers.age_rank = 1
left join kept_ids
    on linked.component = kept_ids.component and kept_ids.id_rank = 1
