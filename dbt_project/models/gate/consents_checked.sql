{{ holds_until('a consent dated ahead is reached', "select captured_at as moment from " ~ ref('consents')) }}
select
    customer_id || '|' || channel || '|' || purpose as row_id,
    customer_id,
    state,
    coalesce(captured_at > {{ as_of() }}, false) as is_captured_ahead
from {{ ref('consents') }}
