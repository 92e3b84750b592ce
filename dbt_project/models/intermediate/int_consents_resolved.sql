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

    select
        records.email, records.phone, resolved.customer_id, contacts.source,
        contacts.is_email_opted_in, contacts.is_sms_opted_in
    from {{ ref('int_contacts_unioned') }} as contacts
    inner join {{ ref('int_records_unioned') }} as records
        on contacts.record_id = records.record_id
    inner join {{ ref('int_customers_resolved') }} as resolved
        on records.record_id = resolved.record_id
    where contacts.is_email_opted_in or contacts.is_sms_opted_in

),

flags as (

    select customer_id, email as address, 'email' as channel, min(source) as source
    from accounts where is_email_opted_in group by customer_id, email
    union all
    select customer_id, phone, 'sms', min(source)
    from accounts where is_sms_opted_in group by customer_id, phone

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
        flags.source as flag_source,
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
    case when has_flag then flag_source else consent_source end as source
from weighed
