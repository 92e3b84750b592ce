{# Everything that differs between engines stands here, one small macro each. #}

{% macro whole_ratio(part, whole) -%}
{#- Integer division towards zero, without a float in between. -#}
cast(({{ part }} - {{ part }} % {{ whole }}) / {{ whole }} as bigint)
{%- endmacro %}

{% macro quantile_of(column, fraction) -%}
{#- Linear interpolation between the two neighbours. -#}
{{ adapter.dispatch('quantile_of')(column, fraction) }}
{%- endmacro %}

{% macro default__quantile_of(column, fraction) -%}
quantile_cont({{ column }}, {{ fraction }})
{%- endmacro %}
