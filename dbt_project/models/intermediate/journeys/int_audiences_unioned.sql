-- Everybody who is inside a journey now. A new journey is a new audience: no line here changes.
{% for journey in var('journeys') %}
select '{{ journey }}' as journey, customer_id, entry_key, entered_at
from {{ ref('audience_' ~ journey) }}
{{ 'union all' if not loop.last }}
{% endfor %}
