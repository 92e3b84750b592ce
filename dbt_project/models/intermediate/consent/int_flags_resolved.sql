-- The yes that an account carries without a date, per customer. A no there means: not given here; it revokes nothing.
with

accounts as (

    select
        resolved.customer_id, records.email, records.phone, contacts.source, contacts.received_at,
        contacts.is_email_opted_in, contacts.is_sms_opted_in
    from {{ ref('int_contacts_unioned') }} as contacts
    inner join {{ ref('int_records_unioned') }} as records
        on contacts.record_id = records.record_id
    inner join {{ ref('int_customers_resolved') }} as resolved
        on records.record_id = resolved.record_id
    where contacts.is_email_opted_in or contacts.is_sms_opted_in

)

select customer_id, email as address, 'email' as channel, min(source) as source, min(received_at) as received_at
from accounts
where is_email_opted_in and email is not null
group by customer_id, email
union all
select customer_id, phone, 'sms', min(source), min(received_at)
from accounts
where is_sms_opted_in and phone is not null
group by customer_id, phone
