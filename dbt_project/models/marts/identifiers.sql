with

identifiers as (

    select
        resolved.customer_id,
        identifiers.identifier_type,
        identifiers.identifier,
        identifiers.record_id,
        identifiers.source,
        identifiers.happened_at
    from {{ ref('int_identifiers_unioned') }} as identifiers
    inner join {{ ref('int_customers_resolved') }} as resolved
        on identifiers.record_id = resolved.record_id

)

select
    customer_id,
    identifier_type,
    identifier,
    min(happened_at) as identified_at,
    count(distinct record_id) as record_count,
    min(source || ': ' || record_id) as why
from identifiers
group by customer_id, identifier_type, identifier
