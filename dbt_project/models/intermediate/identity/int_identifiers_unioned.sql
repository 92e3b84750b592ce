with

records as (

    select * from {{ ref('int_records_unioned') }}

)

{% for type in ['shop_customer', 'member_card', 'email', 'phone', 'cookie'] %}
select
    record_id,
    source,
    trust,
    '{{ type }}' as identifier_type,
    {{ loop.index }} as type_rank,
    {{ type }} as identifier,
    happened_at,
    received_at
from records
where {{ type }} is not null
{{ 'union all' if not loop.last }}
{% endfor %}
