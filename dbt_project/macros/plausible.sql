{# What is plausible, by seeds/plausible.csv; a limit that is left empty holds nobody. #}

{% macro plausible_limit(relation, measure, bound, severity) -%}
(
    select limits.{{ severity }}
    from {{ ref('plausible') }} as limits
    where limits.relation = '{{ relation }}' and limits.measure = '{{ measure }}' and limits.bound = '{{ bound }}'
)
{%- endmacro %}

{% macro is_beyond(value, relation, measure, severity, unit=1) -%}
(
    coalesce({{ value }} < {{ plausible_limit(relation, measure, 'least', severity) }} * {{ unit }}, false)
    or coalesce({{ value }} > {{ plausible_limit(relation, measure, 'most', severity) }} * {{ unit }}, false)
)
{%- endmacro %}
