{% macro median_of_counts(counts, value, by=none) -%}
{#-
    The smallest value that half of the customers do not exceed, without a global sort: `counts` is a histogram
    (value, customer_count), per `by` if given. Gives median_<value> and the customers it stands on.
-#}
select
    {{ (by ~ ', ') if by }}min(case when is_half then {{ value }} end) as median_{{ value }},
    cast(sum(customer_count) as bigint) as customer_count
from (
    select
        counted.*,
        2 * sum(customer_count) over ({{ ('partition by ' ~ by) if by }} order by {{ value }})
            >= sum(customer_count) over ({{ ('partition by ' ~ by) if by }}) as is_half
    from {{ counts }} as counted
) as halves
{{ ('group by ' ~ by) if by }}
{%- endmacro %}
