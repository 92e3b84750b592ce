-- Consent as dated events per address. Flags without a date are weighed later, in int_consents_resolved.
with

newsletter_members as (

    {{ newest_known(ref('stg_newsletter__members'), ['email'], changed_at='changed_at') }}

),

email_events as (

    {{ first_known(ref('stg_sendgrid__events'), ['event_id']) }}

),

inbound as (

    {{ first_known(ref('stg_twilio__inbound'), ['inbound_id']) }}

),

words as (

    select * from {{ ref('inbound_words') }}

)

select email as address, 'email' as channel, 'opted_in' as event, 'newsletter' as source, joined_at as happened_at
from newsletter_members
where joined_at is not null
union all
select email, 'email', 'opted_out', 'newsletter', coalesce(left_at, changed_at)
from newsletter_members
where list_state = 'unsubscribed'
union all
select email, 'email', 'bounced', 'newsletter', coalesce(cleaned_at, changed_at)
from newsletter_members
where list_state = 'cleaned'
union all
select
    email, 'email',
    case event
        when 'bounce' then 'bounced'
        when 'spamreport' then 'complained'
        when 'group_resubscribe' then 'opted_in'
        else 'opted_out'
    end,
    'sendgrid', happened_at
from email_events
where event in ('spamreport', 'unsubscribe', 'group_unsubscribe', 'group_resubscribe')
    or (event = 'bounce' and bounce_type = 'bounce')  -- a blocked message is no verdict on the address
union all
select
    inbound.phone, 'sms',
    case coalesce(words.meaning, inbound.opt_out_type) when 'stop' then 'opted_out' else 'opted_in' end,
    'twilio', inbound.happened_at
from inbound
left join words on inbound.word = words.word
where coalesce(words.meaning, inbound.opt_out_type) in ('stop', 'start')
