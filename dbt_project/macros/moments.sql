{#
    What a model that reads the clock says of the time to come, in comments that a run reads (`stammis/warehouse`).
    Without any, it is built whenever the clock has moved, and no run ends early while a decision stands on it.
    `moments` is a query with a column `moment`; those that have passed do not count.
#}

{% macro known_until(relation) -%}
{#- For is_known: the moments at which it becomes true for another row. -#}
{%- set known_at = 'happened_at' if var('hindsight') else 'greatest(coalesce(happened_at, received_at), received_at)' -%}
{{ _until('known', 'a fact dated ahead becomes known', 'select ' ~ known_at ~ ' as moment from ' ~ relation) }}
{%- endmacro %}

{% macro holds_until(what, moments) -%}
{#- The moments at which any of its rows may change though no fact does: until then it is left standing. -#}
{{ _until('holds', what, moments) }}
{%- endmacro %}

{% macro decides_until(what, moments) -%}
{#- The moments at which a decision may turn by it. Its rows may change before, in what nobody is decided by. -#}
{{ _until('decides', what, moments) }}
{%- endmacro %}

{% macro decides_nothing(why) -%}
{#- No decision turns by its look at the clock alone. -#}
/* decides nothing: {{ why }} */
{%- endmacro %}

{% macro turns_any_time(columns) -%}
{#- Columns that change with the hour. No run waits for them: whoever decides by one is decided at every run. -#}
/* any time: {{ columns | join(', ') }} */
{%- endmacro %}

{% macro _until(kind, what, moments) -%}
/* {{ kind }} until [{{ what }}]: select min(moment) from ({{ moments }}) as moments where moment > {{ as_of() }} */
{%- endmacro %}

{% macro next_day() -%}
{#- The turn of the day, as a row of moments. -#}
select {{ days_later(dbt.date_trunc('day', as_of()), 1) }} as moment
{%- endmacro %}
