-- Records that share a key are one person, and so are those these share another key with. Each key's records hang on
-- its hub, the smallest of them, and the walk goes from hub to hub: whatever hangs on one hub alone is no step.
with

hung as (

    select keyed.record, keys.hub
    from {{ ref('int_records_keyed') }} as keyed
    inner join {{ ref('int_keys_judged') }} as keys
        on keyed.key = keys.key
    where not keys.is_shared

),

first_hubs as (

    select record, min(hub) as hub, max(hub) as last_hub from hung group by record

),

links as (

    select distinct first_hubs.hub as left_hub, hung.hub as right_hub
    from hung
    inner join first_hubs
        on hung.record = first_hubs.record
    where first_hubs.hub < first_hubs.last_hub and first_hubs.hub < hung.hub

),

edges as (

    select left_hub as left_node, right_hub as right_node from links
    union all
    select right_hub, left_hub from links

),

{{ connected_components('edges', 12) }}

select first_hubs.record, coalesce(components.component, first_hubs.hub) as component
from first_hubs
left join components
    on first_hubs.hub = components.node
