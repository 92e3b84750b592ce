-- Records that share a key are one person, and so are those these share another key with. The walk goes from key to
-- key, not from record to record: a hundred orders with one address are one step.
with

keys as (

    select key from {{ ref('int_keys_judged') }} where not is_shared

),

keyed as (

    select record_keys.record_id, record_keys.key
    from {{ ref('int_records_keyed') }} as record_keys
    inner join keys
        on record_keys.key = keys.key

),

first_keys as (

    select record_id, min(key) as key from keyed group by record_id

),

links as (

    select distinct first_keys.key as left_key, keyed.key as right_key
    from keyed
    inner join first_keys
        on keyed.record_id = first_keys.record_id
    where first_keys.key <> keyed.key

),

edges as (

    select left_key as left_node, right_key as right_node from links
    union all
    select right_key, left_key from links

),

{{ connected_components('edges', 12) }}

select first_keys.record_id, coalesce(components.component, first_keys.key) as component
from first_keys
left join components
    on first_keys.key = components.node
