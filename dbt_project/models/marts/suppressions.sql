select
    address,
    channel,
    suppression_reason as reason,
    suppressed_at as since
from {{ ref('int_addresses_judged') }}
where suppression_reason is not null
