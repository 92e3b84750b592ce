{% macro normalise_email(email) -%}
nullif(lower(trim({{ email }})), '')
{%- endmacro %}

{% macro normalise_phone(phone, calling_code) -%}
{#- E.164: a number written in a country's own way gets its calling code; an impossible length is no number. -#}
case
    when length({{ international_digits(phone, calling_code) }}) between 8 and 15
        then '+' || {{ international_digits(phone, calling_code) }}
end
{%- endmacro %}

{% macro international_digits(phone, calling_code) -%}
{%- set bare -%} {{ regex_remove("replace(" ~ phone ~ ", '(0)', '')", '[^0-9+]') }} {%- endset -%}
case
    when {{ bare }} like '+%' then substr({{ bare }}, 2)
    when {{ bare }} like '00%' then substr({{ bare }}, 3)
    when {{ bare }} like '0%' then {{ calling_code }} || substr({{ bare }}, 2)
    else {{ calling_code }} || {{ bare }}
end
{%- endmacro %}

{% macro fold_name(name) -%}
{#- Case, accents, hyphens and spaces do not make another person. -#}
nullif({{ regex_remove(without_accents("lower(" ~ name ~ ")"), '[^a-z]') }}, '')
{%- endmacro %}

{% macro generate_schema_name(custom_schema_name, node) -%}
{#- A schema is called what it is called: marts, not stammis_marts. -#}
{{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
