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

{% macro without_accents(text) -%}
{{ adapter.dispatch('without_accents')(text) }}
{%- endmacro %}

{% macro default__without_accents(text) -%}
strip_accents({{ text }})
{%- endmacro %}

{% macro utc_to_local(moment, time_zone) -%}
{{ adapter.dispatch('utc_to_local')(moment, time_zone) }}
{%- endmacro %}

{% macro default__utc_to_local(moment, time_zone) -%}
timezone({{ time_zone }}, timezone('UTC', {{ moment }}))
{%- endmacro %}

{% macro local_to_utc(moment, time_zone) -%}
{{ adapter.dispatch('local_to_utc')(moment, time_zone) }}
{%- endmacro %}

{% macro default__local_to_utc(moment, time_zone) -%}
timezone('UTC', timezone({{ time_zone }}, {{ moment }}))
{%- endmacro %}

{% macro days_later(moment, days) -%}
{{ adapter.dispatch('days_later')(moment, days) }}
{%- endmacro %}

{% macro default__days_later(moment, days) -%}
({{ moment }} + to_days(cast({{ days }} as integer)))
{%- endmacro %}

{% macro months_later(moment, months) -%}
{#- The same day of a later month, or that month's last. -#}
{{ adapter.dispatch('months_later')(moment, months) }}
{%- endmacro %}

{% macro default__months_later(moment, months) -%}
({{ moment }} + to_months(cast({{ months }} as integer)))
{%- endmacro %}

{% macro minutes_later(moment, minutes) -%}
{{ adapter.dispatch('minutes_later')(moment, minutes) }}
{%- endmacro %}

{% macro default__minutes_later(moment, minutes) -%}
({{ moment }} + to_minutes({{ minutes }}))
{%- endmacro %}

{% macro whole_days_between(earlier, later) -%}
{#- Full days of 24 hours: a day short is a day short. -#}
{{ adapter.dispatch('whole_days_between')(earlier, later) }}
{%- endmacro %}

{% macro default__whole_days_between(earlier, later) -%}
date_sub('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro iso_date(moment) -%}
{{ adapter.dispatch('iso_date')(moment) }}
{%- endmacro %}

{% macro default__iso_date(moment) -%}
strftime({{ moment }}, '%Y-%m-%d')
{%- endmacro %}

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

{% macro iso_to_utc(text) -%}
{#- A time as APIs write it, with its zone. -#}
{{ adapter.dispatch('iso_to_utc')(text) }}
{%- endmacro %}

{% macro default__iso_to_utc(text) -%}
timezone('UTC', cast({{ text }} as timestamptz))
{%- endmacro %}

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
