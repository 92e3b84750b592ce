-- What each customer's addresses allow. A dated word stands for the address, whoever uses it. A flag without a date
-- counts only for the person whose account carries it, and never against a refusal of theirs on another address.
with

addresses as (

    select
        customer_id,
        identifier as address,
        case identifier_type when 'email' then 'email' else 'sms' end as channel,
        record_count,
        identified_at
    from {{ ref('identifiers') }}
    where identifier_type in ('email', 'phone')

),

judged as (

    select * from {{ ref('int_addresses_judged') }}

),

accounts as (

    select records.email, records.phone, resolved.customer_id, customers.is_email_opted_in, customers.is_sms_opted_in
    from ({{ newest_known(ref('stg_shopify__customers'), ['coalesce(shop_customer, email)']) }}) as customers
    inner join {{ ref('int_records_unioned') }} as records
        on 'shop_customer:' || coalesce(customers.shop_customer, customers.email) = records.record_id
    inner join {{ ref('int_customers_resolved') }} as resolved
        on records.record_id = resolved.record_id

),

flags as (

    select customer_id, email as address, 'email' as channel from accounts where is_email_opted_in
    union
    select customer_id, phone, 'sms' from accounts where is_sms_opted_in

),

refusals as (

    select distinct addresses.customer_id, addresses.channel
    from addresses
    inner join judged on addresses.address = judged.address and addresses.channel = judged.channel
    where judged.suppression_reason in ('unsubscribed', 'stopped', 'complained')

),

weighed as (

    select
        addresses.*,
        judged.suppression_reason,
        judged.consent_state = 'opted_in' as has_dated_consent,
        flags.address is not null and refusals.customer_id is null
            and coalesce(judged.consent_state, 'none') = 'none' as has_flag,
        judged.consent_state,
        judged.captured_at,
        judged.consent_source
    from addresses
    left join judged
        on addresses.address = judged.address and addresses.channel = judged.channel
    left join flags
        on addresses.customer_id = flags.customer_id and addresses.address = flags.address
        and addresses.channel = flags.channel
    left join refusals
        on addresses.customer_id = refusals.customer_id and addresses.channel = refusals.channel

)

select
    customer_id,
    address,
    channel,
    record_count,
    identified_at,
    suppression_reason,
    case
        when suppression_reason is not null then 'opted_out'
        when has_dated_consent or has_flag then 'opted_in'
        else coalesce(consent_state, 'none')
    end as state,
    captured_at,
    case when has_flag then 'shopify' else consent_source end as source
from weighed
