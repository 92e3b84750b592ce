with

keyed as (

    select * from {{ ref('int_records_keyed') }}

),

records as (

    select * from {{ ref('int_records_unioned') }}

),

hubs as (

    select key, min(record_id) as hub from keyed group by key

),

edges as (

    select keyed.record_id as left_node, hubs.hub as right_node
    from keyed inner join hubs on keyed.key = hubs.key
    union
    select hubs.hub, keyed.record_id
    from keyed inner join hubs on keyed.key = hubs.key

),

{{ connected_components('edges', 12) }},

phone_only as (

    select distinct components.component, keyed.record_id
    from keyed
    inner join components on keyed.record_id = components.node
    where keyed.key like 'phone alone %'

),

phone_holders as (

    select records.phone, components.component
    from records
    inner join components on records.record_id = components.node
    where records.phone is not null and components.component not in (select component from phone_only)
    group by records.phone, components.component

),

only_holders as (

    select phone, min(component) as component from phone_holders group by phone having count(*) = 1

)

select
    records.record_id,
    coalesce(only_holders.component, components.component, records.record_id) as component
from records
left join components
    on records.record_id = components.node
left join phone_only
    on records.record_id = phone_only.record_id
left join only_holders
    on phone_only.record_id is not null and records.phone = only_holders.phone
