{# Everything that differs between engines stands here, one small macro each. #}

{% macro json_object(pairs) -%}
{#- pairs: name -> SQL expression. A JSON text, for context only. -#}
{{ adapter.dispatch('json_object')(pairs) }}
{%- endmacro %}

{% macro default__json_object(pairs) -%}
json_object({% for name, value in pairs.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro json_elements(relation, list, fields) -%}
{#-
    One row per element of a JSON list, with the relation's columns, `element_number`, and fields
    (name -> path, or the first path found) as text.
-#}
{{ adapter.dispatch('json_elements')(relation, list, fields) }}
{%- endmacro %}

{% macro default__json_elements(relation, list, fields) -%}
select
    holders.*,
    {% for name, paths in fields.items() -%}
    coalesce({% for path in ([paths] if paths is string else paths) -%}
        json_extract_string(holders.element, '$.{{ path }}'){{ ', ' if not loop.last }}
    {%- endfor %}) as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
from (
    select
        whole.*,
        unnest(json_extract(whole.{{ list }}, '$[*]')) as element,
        generate_subscripts(json_extract(whole.{{ list }}, '$[*]'), 1) as element_number
    from {{ relation }} as whole
) as holders
{%- endmacro %}

{% macro list_parts(relation, list) -%}
{#-
    One row per part of a list within a text, with the relation's columns, `part_number` and `part`, trimmed; and one
    row with none, number 0: a version that lists nothing is a version. The list is JSON (["a", "b"]), quoted words
    ("a","b"), or words between commas.
-#}
{{ adapter.dispatch('list_parts')(relation, list) }}
{%- endmacro %}

{% macro default__list_parts(relation, list) -%}
select
    listed.*,
    nullif(trim(unnest(listed.parts), ' "'), '') as part,
    generate_subscripts(listed.parts, 1) - 1 as part_number
from (
    select
        whole.*,
        list_prepend(null, case
            when {{ list }} like '[%' and json_valid({{ list }}) then json_extract_string({{ list }}, '$[*]')
            when {{ list }} like '"%' and json_valid('[' || {{ list }} || ']')
                then json_extract_string('[' || {{ list }} || ']', '$[*]')
            else string_split({{ list }}, ',')
        end) as parts
    from {{ relation }} as whole
) as listed
{%- endmacro %}
