-- One row per source: its newest row that this run may know of, and in how many recent hours it brought something.
-- Loops over what is declared, so that a new source can be watched without a line here.
{% set landed = [] %}
{#- fewer active hours only lengthen what sources_compared allows, until there is none; more shorten it -#}
{{ decides_until('a source has been silent for four weeks, or a fact dated ahead is reached', "select "
    ~ days_later('newest_happened_at', 28) ~ " as moment from " ~ this
    ~ " union all select next_happened_at from " ~ this) }}
{% for node in (graph.sources.values() if execute else []) if node.config.meta.landing %}
    {%- do landed.append(node) -%}
{% endfor %}
{% for node in landed | sort(attribute='unique_id') %}
{% set moments = node.columns.values() | selectattr('config.meta.happened') | map(attribute='name') | join(', ') or 'null' %}
select
    source, max(received_at) as newest_received_at, count(distinct active_hour) as active_hours,
    max(case when happened_at <= {{ as_of() }} then happened_at end) as newest_happened_at,
    min(case when happened_at > {{ as_of() }} then happened_at end) as next_happened_at
from (
    select
        '{{ node.source_name }}.{{ node.name }}' as source,
        received_at,
        happened_at,
        {{ dbt.date_trunc('hour', 'case when happened_at <= ' ~ as_of() ~ ' and happened_at > ' ~ days_later(as_of(), '-28') ~ ' then happened_at end') }} as active_hour
    from (select received_at, cast(greatest({{ moments }}) as timestamp) as happened_at from {{ node.relation_name }}) as dated
    where received_at <= {{ as_of() }}
) as known
group by source
{{ 'union all' if not loop.last }}
{% else %}
select
    cast(null as varchar) as source, cast(null as timestamp) as newest_received_at, 0 as active_hours,
    cast(null as timestamp) as newest_happened_at, cast(null as timestamp) as next_happened_at
where false
{% endfor %}
