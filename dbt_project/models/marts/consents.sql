select
    customer_id,
    address,
    channel,
    'marketing' as purpose,
    state,
    case when state = 'opted_in' then 'consent' end as basis,
    captured_at,
    cast(null as timestamp) as expires_at,
    source
from {{ ref('int_consents_resolved') }}
where state <> 'none'
