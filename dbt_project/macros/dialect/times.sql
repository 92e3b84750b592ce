{# Everything that differs between engines stands here, one small macro each. #}

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

{% macro iso_to_utc(text) -%}
{#- A time as APIs write it, with its zone. -#}
{{ adapter.dispatch('iso_to_utc')(text) }}
{%- endmacro %}

{% macro default__iso_to_utc(text) -%}
timezone('UTC', cast({{ text }} as timestamptz))
{%- endmacro %}

{% macro iso_date(moment) -%}
{{ adapter.dispatch('iso_date')(moment) }}
{%- endmacro %}

{% macro default__iso_date(moment) -%}
strftime({{ moment }}, '%Y-%m-%d')
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

{% macro just_after(moment) -%}
{#- The first moment after it. -#}
{{ adapter.dispatch('just_after')(moment) }}
{%- endmacro %}

{% macro default__just_after(moment) -%}
({{ moment }} + to_microseconds(1))
{%- endmacro %}

{% macro whole_days_between(earlier, later) -%}
{#- Full days of 24 hours: a day short is a day short. -#}
{{ adapter.dispatch('whole_days_between')(earlier, later) }}
{%- endmacro %}

{% macro default__whole_days_between(earlier, later) -%}
date_sub('day', {{ earlier }}, {{ later }})
{%- endmacro %}
