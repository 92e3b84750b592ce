{% macro connected_components(edges, rounds) -%}
{#-
    Every node of `edges`, a CTE (left_node, right_node) with both directions in it, and the smallest of its component.
    Each round hooks every node to its smallest neighbour, leaps towards the root and keeps only edges between what is
    still apart: nearly all people are whole after two rounds and cost the others nothing. Nodes are numbered by hash,
    so each round leaves about a quarter of a chain; assert_components_converged fails when the rounds were too few.
-#}
{% for round in range(1, rounds + 1) %}
{{ component_round(edges if loop.first else 'edges_' ~ (round - 1), round) }}
{% endfor %}
components_{{ rounds }} as (

    select node, parent as component from leaps_{{ rounds }}

),
{% for round in range(rounds - 1, 0, -1) %}
components_{{ round }} as (

    select leaps.node, coalesce(later.component, leaps.parent) as component
    from leaps_{{ round }} as leaps
    left join components_{{ round + 1 }} as later on leaps.parent = later.node

),
{% endfor %}
components as (select * from components_1)
{%- endmacro %}

{% macro component_round(edges, round) -%}
hooks_{{ round }} as (

    select left_node as node, min(least(left_node, right_node)) as parent from {{ edges }} group by left_node

),

{{ component_leap('hooks_' ~ round, 'jumps_' ~ round) }},

{{ component_leap('jumps_' ~ round, 'leaps_' ~ round) }},

-- one end at a time: asked for both at once, an engine may begin with all pairs of nodes that differ
ends_{{ round }} as (

    select distinct near.parent as left_node, edges.right_node
    from {{ edges }} as edges
    inner join leaps_{{ round }} as near on edges.left_node = near.node

),

edges_{{ round }} as (

    select distinct ends.left_node, far.parent as right_node
    from ends_{{ round }} as ends
    inner join leaps_{{ round }} as far on ends.right_node = far.node
    where ends.left_node <> far.parent

),
{%- endmacro %}

{% macro component_leap(parents, farther) -%}
{{ farther }} as (

    select child.node, elder.parent
    from {{ parents }} as child
    inner join {{ parents }} as elder on child.parent = elder.node

)
{%- endmacro %}
