{% macro lifecycle_rule(name) -%}
{#- A number of the lifecycle that the business owns. -#}
(select rule.amount from {{ ref('lifecycle') }} as rule where rule.rule = '{{ name }}')
{%- endmacro %}

{% macro limit_of(name) -%}
(select limits.amount from {{ ref('limits') }} as limits where limits.limit_name = '{{ name }}')
{%- endmacro %}
