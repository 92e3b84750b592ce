-- How our last week of e-mail fared at the other end. Too many bounces and mailbox providers stop listening to us.
with

email_events as (

    {{ first_known(ref('stg_sendgrid__events'), ['event_id']) }}

),

sends as (

    select
        send_id,
        max(case when event = 'bounce' and coalesce(bounce_type, '') <> 'blocked' then 1 else 0 end) as is_bounced,
        max(case when event = 'spamreport' then 1 else 0 end) as is_complaint
    from email_events
    where event in ('delivered', 'bounce', 'spamreport')
        and {{ days_later('happened_at', limit_of('health_days')) }} > {{ as_of() }}
    group by send_id

)

select
    'email' as channel,
    count(*) as message_count,
    coalesce(sum(is_bounced), 0) as bounce_count,
    coalesce(sum(is_complaint), 0) as complaint_count,
    count(*) >= {{ limit_of('health_least_messages') }}
        and coalesce(sum(is_bounced), 0) * 100 > count(*) * {{ limit_of('bounce_percent') }} as is_bouncing,
    count(*) >= {{ limit_of('health_least_messages') }}
        and coalesce(sum(is_complaint), 0) * 1000 > count(*) * {{ limit_of('complaint_per_mille') }} as is_complained_about
from sends
