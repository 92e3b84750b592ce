{% test unique_together(model, columns) %}
select {{ columns | join(', ') }}, count(*) as occurrences
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{% test not_dated_ahead(model) %}
-- A file most of whose rows lie after this run: its years were shifted, or it belongs to another day.
{{ decides_nothing('less of a file lies ahead with every hour') }}
select
    file_name,
    count(*) as row_count,
    sum(case when happened_at > {{ as_of() }} then 1 else 0 end) as ahead_count
from {{ model }}
group by file_name
having 2 * sum(case when happened_at > {{ as_of() }} then 1 else 0 end) > count(*)
{% endtest %}
