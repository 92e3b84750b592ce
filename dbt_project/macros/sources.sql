{% macro from_sources(contract, columns, unit, is_event=false) -%}
{#-
    What every source says of one kind of fact, by the one list of sources (dbt_project.yml), in its order of trust.
    Of each unit the newest version as known at as_of; of an event, the telling that reached us first.
-#}
{%- for source in var('sources')[contract] -%}
{%- set staged = ref('stg_' ~ source ~ '__' ~ contract) -%}
select '{{ source }}' as source, {{ loop.index }} as trust, {{ columns | join(', ') }}
from ({{ first_known(staged, [unit]) if is_event else newest_known(staged, [unit], changed_at='changed_at') }}) as known
{{ 'union all' if not loop.last }}
{% endfor -%}
{%- endmacro %}
