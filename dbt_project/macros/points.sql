{% macro points_for(value, goods, amount_per_point) -%}
{#- Whole points of an order that is worth this much: of its goods alone, below zero where it is a return. -#}
{%- set earning -%}
(case when {{ value }} > 0 then greatest(least({{ value }}, {{ goods }}), 0) else least(greatest({{ value }}, {{ goods }}), 0) end)
{%- endset -%}
{{ whole_ratio(earning, amount_per_point) }}
{%- endmacro %}
