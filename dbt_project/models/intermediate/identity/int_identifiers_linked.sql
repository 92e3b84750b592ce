-- Every record's person. A record with an address and nothing else belongs to whoever answers there: to the phone's
-- one holder if there is one, else to the address itself.
with

records as (

    select
        *,
        first_folded is null and last_folded is null
        and shop_customer is null and member_card is null and cookie is null as is_address_only
    from {{ ref('int_records_unioned') }}

),

placed as (

    select
        records.record_id,
        records.phone,
        coalesce(
            parted.component,
            {{ number_of(
                "case when records.is_address_only then coalesce('e-mail ' || records.email, 'phone ' || records.phone) end"
            ) }},
            {{ number_of('records.record_id') }}
        ) as component,
        records.is_address_only,
        parted.component is null and records.is_address_only and records.email is null as is_phone_only
    from records
    left join {{ ref('int_records_parted') }} as parted
        on parted.record = {{ number_of('records.record_id') }}

),

only_holders as (

    select phone, min(component) as component
    from placed
    where phone is not null and not is_phone_only
    group by phone
    having min(component) = max(component)

)

select
    placed.record_id,
    coalesce(only_holders.component, placed.component) as component,
    placed.is_address_only
from placed
left join only_holders
    on placed.is_phone_only and placed.phone = only_holders.phone
