-- How our last week of e-mail fared at the other end. Too many bounces and mailbox providers stop listening to us.
with

sends as (

    select
        send_id,
        max(case when event = 'bounced' then 1 else 0 end) as is_bounced,
        max(case when event = 'complained' then 1 else 0 end) as is_complaint
    from {{ ref('int_message_events_unioned') }}
    where channel = 'email' and event in ('delivered', 'bounced', 'blocked', 'complained')
        and coalesce(lower(reason), '') <> 'bounced address'  -- never sent, so no mailbox provider saw it
        and {{ days_later('happened_at', limit_of('health_days')) }} > {{ as_of() }}
    group by send_id

)

select
    'email' as channel,
    count(*) as message_count,
    coalesce(sum(is_bounced), 0) as bounce_count,
    coalesce(sum(is_complaint), 0) as complaint_count,
    (
        count(*) >= {{ limit_of('health_least_messages') }}
        and coalesce(sum(is_bounced), 0) * 100 > count(*) * {{ limit_of('bounce_percent') }}
    ) as is_bouncing,
    (
        count(*) >= {{ limit_of('health_least_messages') }}
        and coalesce(sum(is_complaint), 0) * 1000 > count(*) * {{ limit_of('complaint_per_mille') }}
    ) as is_complained_about
from sends
