-- What an account agreed to, and when. A state without a moment is no event, but a flag on the contact.
with

customers as (

    {{ last_in_file(source('shopify', 'customers_api'), 'id', 'updated_at') }}

),

states as (

    select
        'email' as channel,
        {{ normalise_email('email') }} as address,
        -- the older field knows yes and no alone
        lower(coalesce(email_state, case when accepts_marketing then 'subscribed' else 'unsubscribed' end)) as state,
        email_opt_in_level as opt_in_level,
        coalesce(email_state_at, accepts_marketing_updated_at) as happened_at,
        customers.*
    from customers
    union all
    select 'sms', {{ regex_remove('phone', '[^0-9+]') }}, lower(sms_state), sms_opt_in_level, sms_state_at, customers.*
    from customers

)

select
    'shopify:' || {{ regex_remove('id', '^.*/') }} || ':' || channel as unit_id,
    address,
    channel,
    'marketing' as purpose,
    case
        when state = 'pending' then 'requested'
        when state = 'subscribed' and lower(opt_in_level) = 'confirmed_opt_in' then 'confirmed'
        when state = 'subscribed' then 'opted_in'
        else 'opted_out'
    end as event,
    case when state in ('pending', 'subscribed') then 'consent' end as basis,
    'account ' || {{ regex_remove('id', '^.*/') }} || ', ' || state as proof,
    country,
    happened_at,
    updated_at as changed_at,
    received_at, file_name, file_hash, line
from states
where address is not null and happened_at is not null and state in ('pending', 'subscribed', 'unsubscribed', 'redacted')
