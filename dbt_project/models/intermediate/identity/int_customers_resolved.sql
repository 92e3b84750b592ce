-- Every record gets its customer. An id once given is kept: by the component that holds the identifier it was
-- first given for; a merge keeps the older id, a leaver gets a new one.
with

linked as (

    select * from {{ ref('int_identifiers_linked') }}

),

components as (

    select component, min(record_id) as first_record_id, min(is_address_only) as is_address_only
    from linked
    group by component

),

own_identifiers as (

    select * from {{ ref('int_identifiers_owned') }}

),

oldest_identifiers as (

    select
        component, identifier_type, identifier, is_own,
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
            order by
                registry.assigned_at, registry.identified_at nulls last, own_identifiers.type_rank,
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

),

first_keys as (

    -- who has nothing of their own, as strangers at one info@, is known by the record; the address is its own; so is
    -- who has nothing at all, as a profile whose only number is none
    select
        components.component,
        coalesce(
            case
                when oldest.is_own or components.is_address_only then oldest.identifier_type || '|' || oldest.identifier
            end,
            'record|' || components.first_record_id
        ) as first_key
    from components
    left join oldest_identifiers as oldest
        on components.component = oldest.component and oldest.age_rank = 1

)

select
    linked.record_id,
    linked.component,
    coalesce(kept_ids.customer_id, substr({{ salted_id('first_keys.first_key') }}, 1, 20)) as customer_id
from linked
inner join first_keys
    on linked.component = first_keys.component
left join kept_ids
    on linked.component = kept_ids.component and kept_ids.id_rank = 1
