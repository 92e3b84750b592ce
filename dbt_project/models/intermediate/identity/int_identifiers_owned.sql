-- Each identifier of each component once, since when it is known, and whether nobody else has it: a number that two
-- households write down names neither.
with

identifiers as (

    select
        linked.component,
        identifiers.identifier_type,
        identifiers.type_rank,
        identifiers.identifier,
        min(identifiers.happened_at) as happened_at
    from {{ ref('int_identifiers_unioned') }} as identifiers
    inner join {{ ref('int_identifiers_linked') }} as linked
        on identifiers.record_id = linked.record_id
    group by linked.component, identifiers.identifier_type, identifiers.type_rank, identifiers.identifier

)

select
    component,
    identifier_type,
    type_rank,
    identifier,
    happened_at,
    count(*) over (partition by identifier_type, identifier) = 1 as is_own
from identifiers
