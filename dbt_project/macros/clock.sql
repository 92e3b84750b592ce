{% macro as_of() -%}
{#- The one clock: a scalar subquery, so that compiled SQL is the same every day. -#}
(select clock.as_of from {{ source('run', 'clock') }} as clock)
{%- endmacro %}

{% macro is_known(happened_at, received_at) -%}
{#- True for what had happened, and had reached us, by as_of; hindsight forgives the second. -#}
{#- It reads the clock under a name of its own: beside known_until, a model that asks nothing else is left standing. -#}
{%- set known_at = '(select known.as_of from ' ~ source('run', 'clock') ~ ' as known)' -%}
({{ happened_at }} is null or {{ happened_at }} <= {{ known_at }})
{%- if not var('hindsight') %} and {{ received_at }} <= {{ known_at }}{% endif %}
{%- endmacro %}

{% macro if_past(moment) -%}
case when {{ moment }} <= {{ as_of() }} then {{ moment }} end
{%- endmacro %}

{% macro newest_known(relation, unit, changed_at=none) -%}
{#- All rows of each unit's newest version, as known at as_of: never half of one file and half of another. -#}
{{ known_until(relation) }}
select * from (
    select
        versions.*,
        dense_rank() over (
            partition by {{ unit | join(', ') }}
            order by {{ (changed_at ~ ' desc nulls last, ') if changed_at }}{{ newest_file_first() }}
        ) as version_rank
    from {{ relation }} as versions
    where {{ is_known('happened_at', 'received_at') }}
) as ranked where version_rank = 1
{%- endmacro %}

{% macro newest_file_first() -%}
{#-
    Of two files the newer first: by the date in their names, then as people number them (9 before 10); one that was
    overwritten is the same name with a number behind. The hash only makes the order the same everywhere.
-#}
{%- set day = regex_remove(text_found('file_name', '(20[0-9][0-9][-_]?[01][0-9][-_]?[0-3][0-9])'), '[-_]') -%}
{{ day }} desc nulls last, {{ numbers_padded('file_name') }} desc, received_at desc, file_hash desc
{%- endmacro %}

{% macro newest_one(relation, unit, changed_at=none) -%}
{#- The newest version of a unit that is one row; should a file tell it twice, the last line counts. -#}
select * from (
    select
        occurrences.*,
        row_number() over (partition by {{ unit | join(', ') }} order by line desc) as occurrence
    from ({{ newest_known(relation, unit, changed_at) }}) as occurrences
) as ranked where occurrence = 1
{%- endmacro %}

{% macro first_known(relation, unit) -%}
{#- One row per event id: the one that reached us first, however often the provider repeats it. -#}
select * from ({{ every_known(relation, unit) }}) as occurrences where not is_repeat
{%- endmacro %}

{% macro every_known(relation, unit) -%}
{#- Every occurrence of every event; of each but the one that reached us first is_repeat is true. -#}
{{ known_until(relation) }}
select
    repeats.*,
    row_number() over (partition by {{ unit | join(', ') }} order by received_at, file_name, file_hash, line) > 1 as is_repeat
from {{ relation }} as repeats
where {{ is_known('happened_at', 'received_at') }}
{%- endmacro %}

{% macro is_contact_hour(local, hours) -%}
{#- The opening hour is inside, the closing hour is not; `ContactHours.includes` says the same before sending. -#}
extract(hour from {{ local }}) >= case
    when extract(dow from {{ local }}) = 0 then {{ hours }}.sunday_opens_hour else {{ hours }}.opens_hour
end
and extract(hour from {{ local }}) < {{ hours }}.closes_hour
{%- endmacro %}

{% macro shop_day(moment) -%}
{#- The day it was in the shop's home country. -#}
cast({{ utc_to_local(moment, '(select homes.time_zone from ' ~ ref('countries') ~ ' as homes where homes.is_home)') }} as date)
{%- endmacro %}
