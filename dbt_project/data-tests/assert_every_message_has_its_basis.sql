-- Fails if a message in the outbox lacks the basis its step declares: no consent of this customer for this address (nor
-- soft opt-in, where that will do) that is valid now, or a refusal of profiling. It would mean advertising unasked.
{{ config(meta={'holds': 'all'}) }}
{{ decides_nothing('int_consents_resolved says when a consent lapses') }}
with

valid_consents as (

    select * from {{ ref('consents') }}
    where purpose = 'marketing' and (expires_at is null or expires_at > {{ as_of() }})

)

select outbox.journey, outbox.step, outbox.message_id
from {{ ref('outbox') }} as outbox
inner join {{ source('run', 'journey_steps') }} as steps
    on outbox.journey = steps.journey and outbox.step = steps.step
left join valid_consents
    on outbox.customer_id = valid_consents.customer_id
    and outbox.address = valid_consents.address and outbox.channel = valid_consents.channel
where
    case
        when steps.purpose <> 'marketing' and steps.basis = 'none' then false
        when valid_consents.state is null then true
        when steps.purpose = 'marketing' and valid_consents.profiling = 'refused' then true
        when steps.basis = 'soft_opt_in' then valid_consents.state not in ('opted_in', 'soft_opt_in')
        else valid_consents.state <> 'opted_in'
    end
