-- When and how each customer joined: a card issued at the till, or a newsletter address confirmed.
with

unconfirmed as (

    select address from {{ ref('int_consents_stated') }}
    where channel = 'email' and purpose = 'marketing' and state = 'requested'

),

records as (

    select resolved.customer_id, contacts.joined_by, contacts.happened_at
    from {{ ref('int_contacts_unioned') }} as contacts
    inner join {{ ref('int_customers_resolved') }} as resolved
        on contacts.record_id = resolved.record_id
    left join unconfirmed
        on contacts.email = unconfirmed.address and contacts.joined_by = 'web'
    where contacts.happened_at is not null and contacts.joined_by is not null and unconfirmed.address is null

)

select
    customer_id,
    min(happened_at) as joined_at,
    min(case when joined_by = 'till' then happened_at end) as member_since,
    case
        when min(case when joined_by = 'till' then happened_at end) = min(happened_at) then 'till'
        else 'web'
    end as joined_by
from records
group by customer_id
