{% macro brought_back_below_zero(amount) -%}
{#- Tills write what was brought back below zero; some write its kind alone. -#}
case when lower(source.kind) = 'return' then -abs({{ amount }}) else {{ amount }} end
{%- endmacro %}
