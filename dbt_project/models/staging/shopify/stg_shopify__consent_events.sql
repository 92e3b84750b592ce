-- What an account agreed to or refused, and when. A yes without a moment is no event, but a flag on the contact; so is
-- the older field's bare no, which says no more than that nobody was asked.
with

states as (

    select
        'email' as channel, email_folded as address, email_maybe as maybe, email_opt_in_level as opt_in_level,
        lower(coalesce(email_state, case when accepts_marketing then 'subscribed' else 'unsubscribed' end)) as state,
        coalesce(email_state_at, accepts_marketing_updated_at) as told_at, email_state is null as is_bare, customers.*
    from ({{ last_in_file(source('shopify', 'customers_api'), 'id', 'updated_at') }}) as customers
    union all
    select
        'sms', phone_e164, phone_maybe, sms_opt_in_level,
        lower(sms_state), sms_state_at, false, customers.*
    from ({{ last_in_file(source('shopify', 'customers_api'), 'id', 'updated_at') }}) as customers

),

events as (

    select
        states.*,
        case
            when state = 'pending' then 'requested'
            when state = 'subscribed' and lower(opt_in_level) = 'confirmed_opt_in' then 'confirmed'
            when state = 'subscribed' then 'opted_in'
            when state in ('unsubscribed', 'redacted') and (told_at is not null or not is_bare) then 'opted_out'
        end as event
    from states
    where coalesce(address, maybe) is not null

)

select
    {{ unit_of_word("'shopify:' || " ~ regex_remove('id', '^.*/') ~ " || ':' || channel", 'told_at') }} as unit_id,
    {{ said_by("event = 'opted_out'", 'address', 'maybe') }} as address, channel, 'marketing' as purpose, event,
    case when event <> 'opted_out' then 'consent' end as basis,
    cast(null as varchar) as list,
    'account ' || {{ regex_remove('id', '^.*/') }} || ', ' || state as proof,
    country,
    case
        when event = 'opted_out' then {{ refused_at('told_at') }} else told_at
    end as happened_at,
    updated_at as changed_at, received_at, file_name, file_hash, line
from events
where event = 'opted_out' or told_at is not null and event is not null
