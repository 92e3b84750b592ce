-- The address a channel would use for each customer, and what that address has said.
with

customers as (

    select * from {{ ref('customers') }}

),

addresses as (

    select customer_id, 'email' as channel, email as address from customers
    union all
    select customer_id, 'sms', phone from customers

),

suppressions as (

    select address, channel, min(reason) as reason from {{ ref('suppressions') }} group by address, channel

),

consents as (

    select * from {{ ref('consents') }} where purpose = 'marketing'

)

select
    addresses.customer_id,
    addresses.channel,
    addresses.address,
    suppressions.address is not null as is_suppressed,
    suppressions.reason as suppression_reason,
    coalesce(consents.state, 'none') as consent_state,
    consents.basis as consent_basis,
    consents.profiling,
    consents.expires_at as consent_expires_at,
    -- only a yes is newer than a suppression: not a purchase, nor a sign-up that nobody confirmed
    case when consents.state = 'opted_in' then consents.captured_at end as consented_at
from addresses
left join suppressions
    on addresses.address = suppressions.address and addresses.channel = suppressions.channel
left join consents
    on addresses.customer_id = consents.customer_id
    and addresses.address = consents.address and addresses.channel = consents.channel
