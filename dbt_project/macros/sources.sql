{% macro from_sources(contract, columns, unit, is_event=false, is_one_row=false, with_repeats=false) -%}
{#-
    What every source says of one kind of fact, by the one list of sources (dbt_project.yml), in its order of trust.
    Keep the newest version of each unit as known at as_of; of an event, the occurrence that reached us first, or
    with_repeats every one, where is_repeat tells them apart: whoever asks for a first or last moment need not.
-#}
{%- set newest = newest_one if is_one_row else newest_known -%}
{%- for source in var('sources')[contract] -%}
{%- set staged = ref('stg_' ~ source ~ '__' ~ contract) -%}
select '{{ source }}' as source, {{ loop.index }} as trust, {{ (columns + (['is_repeat'] if with_repeats else [])) | join(', ') }}
from ({% if with_repeats %}{{ every_known(staged, [unit]) }}
    {%- elif is_event %}{{ first_known(staged, [unit]) }}
    {%- else %}{{ newest(staged, [unit], changed_at='changed_at') }}{% endif %}) as known
{{ 'union all' if not loop.last }}
{% endfor -%}
{%- endmacro %}

{% macro moments_in_sources(contract, columns) -%}
{#- Every moment that the sources of one kind of fact tell in these columns, for holds_until. -#}
{%- for source in var('sources')[contract] -%}
{%- set staged = ref('stg_' ~ source ~ '__' ~ contract) -%}
{%- for column in columns -%}
select {{ column }} as moment from {{ staged }}
{{ 'union all ' if not loop.last }}
{%- endfor -%}
{{ 'union all ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{% macro last_in_file(relation, unit, changed_at='null') -%}
{#- Pages of an API overlap: of each unit the newest version that a file holds, of equal ones the last. -#}
select * from (
    select
        source_rows.*,
        row_number() over (
            partition by file_hash, {{ unit }} order by {{ changed_at }} desc nulls last, line desc
        ) as row_rank
    from {{ relation }} as source_rows
) as ranked where row_rank = 1
{%- endmacro %}
