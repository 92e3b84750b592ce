{% macro connected_components(edges, rounds) -%}
{#-
    FastSV: every node ends with the smallest node of its component as parent.
    `edges` names a CTE (left_node, right_node), both directions in it. Unrolled, one CTE a round:
    a shuffled chain of 1,000 needs 10 to 12 rounds; assert_components_converged fails when too few.
-#}
parents_0 as (

    select left_node as node, min(least(left_node, right_node)) as parent from {{ edges }} group by left_node

),
{% for round in range(1, rounds + 1) %}
steps_{{ round }} as (

    select child.node, child.parent, elder.parent as grandparent
    from parents_{{ round - 1 }} as child
    inner join parents_{{ round - 1 }} as elder on child.parent = elder.node

),

hooks_{{ round }} as (

    select near.parent as node, far.grandparent as candidate
    from {{ edges }} as edges
    inner join steps_{{ round }} as near on edges.left_node = near.node
    inner join steps_{{ round }} as far on edges.right_node = far.node
    union all
    select edges.left_node, far.grandparent
    from {{ edges }} as edges
    inner join steps_{{ round }} as far on edges.right_node = far.node
    union all
    select node, grandparent from steps_{{ round }}

),

parents_{{ round }} as (

    select node, min(candidate) as parent from hooks_{{ round }} group by node

),
{% endfor %}
components as (

    select node, parent as component from parents_{{ rounds }}

)
{%- endmacro %}
