-- The channel of each open step: the first that may speak; if none may, the first one's reason stands.
with

judged as (

    select
        steps.message_id,
        reachable.channel,
        reachable.address,
        reachable.consented_at,
        reachable.consent_state,
        reachable.profiling,
        case when steps.basis <> 'none' then reachable.consent_expires_at end as consent_expires_at,
        reachable.channel = steps.channel as is_first,
        reachable.address is null as is_without_address,
        reachable.is_suppressed,
        {{ is_without_basis('steps', 'reachable.consent_state', 'reachable.profiling') }} as is_without_consent
    from {{ ref('int_steps_timed') }} as steps
    inner join {{ ref('int_customers_reachable') }} as reachable
        on steps.customer_id = reachable.customer_id
        and reachable.channel in (steps.channel, steps.fallback)
    where steps.passed_at is null and not steps.is_in_flight

),

ranked as (

    select
        judged.*,
        row_number() over (
            partition by message_id
            order by is_without_address or is_suppressed or is_without_consent, not is_first
        ) as preference_rank
    from judged

)

select
    message_id, channel, address, consented_at, consent_state, consent_expires_at, profiling,
    is_without_address,
    is_suppressed and not is_without_address as is_suppressed,
    is_without_consent and not is_without_address as is_without_consent
from ranked
where preference_rank = 1
