{% macro mailbox_of(email) -%}
{#- What stands before the @, without a +tag and points: the same person with another provider, or a slip in it. -#}
nullif(replace({{ dbt.split_part(dbt.split_part(email, "'@'", 1), "'+'", 1) }}, '.', ''), '')
{%- endmacro %}

{% macro written_identifier(identifier) -%}
{#- As somebody types one by hand: card numbers in any case, record ids as they stand. -#}
case when {{ identifier }} like '%:%' then trim({{ identifier }}) else upper(trim({{ identifier }})) end
{%- endmacro %}

{% macro fold_name(name) -%}
{#- Case, accents, hyphens and spaces do not make another person. -#}
nullif({{ regex_remove(without_accents("lower(" ~ name ~ ")"), '[^a-z]') }}, '')
{%- endmacro %}

{% macro name_skeleton(folded) -%}
{#- What a slip of the fingers leaves of a folded name: its first letter and the consonants, doubled ones once. -#}
{%- set bare = namespace(
    text="substr(" ~ folded ~ ", 1, 1) || " ~ regex_remove("substr(" ~ folded ~ ", 2)", "[aeiouyhw]")
) -%}
{%- for letter in 'bcdfgklmnprstvz' -%}
{%- set bare.text = "replace(" ~ bare.text ~ ", '" ~ letter ~ letter ~ "', '" ~ letter ~ "')" -%}
{%- endfor -%}
{{ bare.text }}
{%- endmacro %}

{% macro fold_place(place) -%}
{#- A street or a postcode without case, accents, spaces and points. -#}
nullif({{ regex_remove(without_accents("lower(" ~ place ~ ")"), '[^a-z0-9]') }}, '')
{%- endmacro %}

{% macro generate_schema_name(custom_schema_name, node) -%}
{#- A schema is called what it is called: marts, not stammis_marts. -#}
{{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}

{% macro can_be_mailed(email) -%}
{#- Whether a folded e-mail address is one that mail can go to: no anna@, no bo@[1.2.3.4], no a..b@shop.example.
    What has =? in it is another address to whoever decodes it. Python asks so too: core/identifiers.py. -#}
{%- set mailbox = '[^@<>()",;:\\\\\\[\\]\\x00-\\x20\\x7f]{1,64}' %}
({{ regex_matches(email, "'" ~ mailbox ~ "@[a-z0-9-]+([.][a-z0-9-]+)*[.][a-z][a-z0-9-]+'") }}
and {{ email }} not like '.%' and {{ email }} not like '%..%' and {{ email }} not like '%.@%'
and {{ email }} not like '%=?%')
{%- endmacro %}
