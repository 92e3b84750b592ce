{# Everything that differs between engines stands here, one small macro each. #}

{% macro regex_remove(text, pattern) -%}
{{ adapter.dispatch('regex_remove')(text, pattern) }}
{%- endmacro %}

{% macro default__regex_remove(text, pattern) -%}
regexp_replace({{ text }}, '{{ pattern }}', '', 'g')
{%- endmacro %}

{% macro regex_matches(text, pattern) -%}
{{ adapter.dispatch('regex_matches')(text, pattern) }}
{%- endmacro %}

{% macro default__regex_matches(text, pattern) -%}
regexp_full_match({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro text_found(text, pattern) -%}
{#- What the pattern's first group finds first; nothing where it finds nothing. -#}
{{ adapter.dispatch('text_found')(text, pattern) }}
{%- endmacro %}

{% macro default__text_found(text, pattern) -%}
nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '')
{%- endmacro %}

{% macro each_word(relation, column) -%}
{#- One row per word of a text, with the relation's other columns. -#}
{{ adapter.dispatch('each_word')(relation, column) }}
{%- endmacro %}

{% macro default__each_word(relation, column) -%}
select * replace (unnest(string_split({{ column }}, ' ')) as {{ column }}) from {{ relation }}
{%- endmacro %}

{% macro numbers_padded(text) -%}
{#- Each number in a text with twelve digits, so that texts sort as people count. -#}
{{ adapter.dispatch('numbers_padded')(text) }}
{%- endmacro %}

{% macro default__numbers_padded(text) -%}
regexp_replace(regexp_replace({{ text }}, '([0-9]+)', '000000000000\1', 'g'), '[0-9]*([0-9]{12})', '\1', 'g')
{%- endmacro %}

{% macro without_accents(text) -%}
{{ adapter.dispatch('without_accents')(text) }}
{%- endmacro %}

{% macro default__without_accents(text) -%}
strip_accents({{ text }})
{%- endmacro %}

{% macro number_of(text) -%}
{#-
    64 bits of a text, to group and to join by where nobody has to read it; of nothing, nothing. Not the engine's hash():
    DuckDB's gives 'birthday and names 05-24 rn+sndnsnl' and '… 05-28 rn+sndrsnl' one number: strangers became one person.
-#}
{{ adapter.dispatch('number_of')(text) }}
{%- endmacro %}

{% macro default__number_of(text) -%}
md5_number_lower({{ text }})
{%- endmacro %}
