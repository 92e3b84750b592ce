select
    customer_id,
    address,
    channel,
    purpose,
    state,
    case
        when is_soft then 'soft_opt_in'
        when state in ('opted_in', 'requested', 'expired') then 'consent'
    end as basis,
    case when is_soft then soft_at else stated_at end as captured_at,
    case when is_soft then soft_until when state in ('opted_in', 'expired') then stated_until end as expires_at,
    case when is_soft then soft_source else source end as source,
    case when not is_soft then double_opt_in end as double_opt_in,
    case when is_soft then soft_proof else proof end as proof,
    overruled_source,
    profiling
from {{ ref('int_consents_resolved') }}
where state <> 'none'
