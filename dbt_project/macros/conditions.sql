{% macro condition(branch) -%}
{#- One {column, op, value} of a journey.yaml as SQL; journeys.py has let only known columns and operators through. -#}
{%- set value = branch.value -%}
{%- if branch.op == 'in' -%}
{{ branch.column }} in ({% for each in value %}{{ literal(each) }}{{ ', ' if not loop.last }}{% endfor %})
{%- else -%}
{{ branch.column }} {{ '<>' if branch.op == '!=' else branch.op }} {{ literal(value) }}
{%- endif -%}
{%- endmacro %}

{% macro literal(value) -%}
{{ value if value is number else "'" ~ (value | string | replace("'", "''")) ~ "'" }}
{%- endmacro %}
