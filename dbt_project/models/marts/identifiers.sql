-- Every identifier of every customer. Why: the most trusted record that carries it, and the strongest key, other than
-- the identifier itself, by which that record was joined with others.
with

identifiers_grouped as (

    select
        resolved.customer_id,
        identifiers.identifier_type,
        identifiers.identifier,
        min(identifiers.happened_at) as identified_at,
        count(*) as record_count,
        min(substr(cast(1000 + identifiers.trust as varchar), 2) || identifiers.record_id) as trusted_record
    from {{ ref('int_identifiers_unioned') }} as identifiers
    inner join {{ ref('int_customers_resolved') }} as resolved
        on identifiers.record_id = resolved.record_id
    group by resolved.customer_id, identifiers.identifier_type, identifiers.identifier

),

stated as (

    select *, substr(trusted_record, 4) as record_id from identifiers_grouped

),

joined as (

    select stated.customer_id, stated.identifier_type, stated.identifier, min(keys.key_rank) as key_rank
    from stated
    inner join {{ ref('int_records_keyed') }} as keyed
        on keyed.record = {{ number_of('stated.record_id') }}
    inner join {{ ref('int_keys_judged') }} as keys
        on keyed.key = keys.key and not keys.is_shared
    where
        keys.key_name <> case stated.identifier_type
            when 'email' then 'e-mail'
            when 'member_card' then 'card'
            when 'shop_customer' then 'shop customer'
            else 'none'
        end
    group by stated.customer_id, stated.identifier_type, stated.identifier

)

select
    stated.customer_id,
    stated.identifier_type,
    stated.identifier,
    stated.identified_at,
    stated.record_count,
    stated.record_id
    || coalesce(', joined ' || case rules.key_rank when 0 then '' else 'by ' end || rules.key_name, '') as why
from stated
left join joined
    on stated.customer_id = joined.customer_id
    and stated.identifier_type = joined.identifier_type
    and stated.identifier = joined.identifier
left join {{ ref('identity_keys') }} as rules
    on joined.key_rank = rules.key_rank
