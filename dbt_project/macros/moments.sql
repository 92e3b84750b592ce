{#
    What a model that reads the clock says of the time to come, in comments that a run reads (`stammis/warehouse`).
    Without any, it is built whenever the clock has moved, and no run ends early while a decision stands on it.
    `moments` is a query with a column `moment`; those that have passed do not count.
#}

{% macro known_until(relation) -%}
{#- For is_known: the moments at which it becomes true for another row. -#}
{%- set both = 'greatest(coalesce(happened_at, received_at), received_at)' -%}
{%- set known_at = 'happened_at' if var('hindsight') else both -%}
{{ _until('known', 'a fact dated ahead becomes known', 'select ' ~ known_at ~ ' as moment from ' ~ relation) }}
{%- endmacro %}

{% macro holds_until(what, moments, looks=1) -%}
{#- The moments at which any of its rows may change though no fact does: until then it is left standing. `looks`: how
    often the model asks the clock, but for is_known; ask once more without a moment for it, and nothing is left. -#}
{{ _until('holds', what ~ '] for [' ~ looks, moments) }}
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

{% macro contact_hour_edges(steps, unless) -%}
{#- When contact hours open or close for those of these steps that nothing else holds, an hour before and an hour after
    as well: the clocks may change in between. -#}
{%- set due -%}
(
    select distinct time_zone, opens_hour, closes_hour, sunday_opens_hour
    from {{ steps }}
    where opens_hour is not null{% for reason in unless %} and not {{ reason }}{% endfor %}
)
{%- endset -%}
{%- set local_day = dbt.date_trunc('day', utc_to_local(as_of(), 'time_zone')) -%}
{%- set edges = [] -%}
{%- for hour in ['opens_hour', 'closes_hour', 'sunday_opens_hour'] -%}
{%- for minutes in [-60, 0, 60, 24 * 60 - 60, 24 * 60, 24 * 60 + 60] -%}
{%- set local = minutes_later(local_day, '60 * ' ~ hour ~ ' + ' ~ minutes) -%}
{%- do edges.append('select ' ~ local_to_utc(local, 'time_zone') ~ ' as moment from ' ~ due ~ ' as due') -%}
{%- endfor -%}
{%- endfor -%}
{{ edges | join(' union all ') }}
{%- endmacro %}

{% macro lifecycle_moments(lifecycle) -%}
select {{ days_later('last_visited_at', lifecycle_rule('visit_days') ~ ' + 1') }} as moment from {{ ref('int_visits_summed_to_customers') }}
{%- for days in [
    'cast(ceil(lifecycle.lost_after_days) as integer)',
    lifecycle_rule('back_days'),
    'cast(floor(lifecycle.gap_days * ' ~ lifecycle_rule('late_gap_percent') ~ ' / 100) as integer) + 1',
] %}
union all
select {{ days_later('orders.last_kept_order_at', days) }}
from {{ ref('int_orders_summed_to_customers') }} as orders
inner join {{ lifecycle }} as lifecycle on orders.customer_id = lifecycle.customer_id
{%- endfor -%}
{%- endmacro %}

{% macro entry_moments(found) -%}
{{ next_day() }}
union all
select {{ just_after(as_of()) }} from {{ found }} where is_backlog
union all
select {{ minutes_later('audiences.entered_at', 'steps.wait_minutes + steps.max_age_minutes') }}
from {{ ref('int_audiences_unioned') }} as audiences
inner join {{ source('run', 'journey_steps') }} as steps
    on audiences.journey = steps.journey and steps.position = 1
union all
select {{ days_later('logged.admitted_at', 'journeys.reentry_days') }}
from {{ ref('int_entries_logged') }} as logged
inner join {{ source('run', 'journeys') }} as journeys
    on logged.journey = journeys.journey
where journeys.reentry = 'cooldown'
{%- endmacro %}
