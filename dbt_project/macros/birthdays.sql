{% macro month_and_day(text) -%}
{#- The MM-DD that a date ends with, however it is set apart; of 5/7, 05-07. Nothing where no calendar has the day. -#}
{%- set told = text_found("'-' || replace(" ~ text ~ ", '/', '-')", '-([0-9]{1,2}-[0-9]{1,2})$') -%}
{%- set parts = [] -%}
{%- for number in [1, 2] -%}
{%- do parts.append("lpad(" ~ dbt.split_part(told, "'-'", number) ~ ", 2, '0')") -%}
{%- endfor -%}
{%- set padded = parts | join(" || '-' || ") -%}
case when {{ is_month_and_day(padded) }} then {{ padded }} end
{%- endmacro %}

{% macro is_month_and_day(text) -%}
{{ regex_matches(text, "'(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31'") }}
{%- endmacro %}
