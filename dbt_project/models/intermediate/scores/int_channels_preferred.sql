-- The channel each customer answers by: own clicks and opens of e-mail, own answers to an SMS, and as many acts more of
-- somebody typical of their language. Only channels they have an address for; nothing known of either: no preference.
with

customers as (

    select customer_id, locale, email, phone from {{ ref('customers') }}

),

own as (

    select
        customer_id,
        sum(case when event in ('click', 'open') then 1 else 0 end) as email_count,
        sum(case when event = 'reply' then 1 else 0 end) as sms_count
    from {{ ref('customer_events') }}
    where event in ('click', 'open', 'reply')
        and happened_at > {{ days_later(as_of(), '-' ~ score_rule('habit_days')) }}
    group by customer_id

),

typical as (

    select
        customers.locale,
        cast(sum(own.email_count) as bigint) as email_count,
        cast(sum(own.sms_count) as bigint) as sms_count
    from own
    inner join customers
        on own.customer_id = customers.customer_id
    group by customers.locale

),

scored as (

    select
        customers.*,
        {% for channel in ['email', 'sms'] %}
        (
            coalesce(own.{{ channel }}_count, 0) * (typical.email_count + typical.sms_count)
            + {{ score_rule('channel_prior_acts') }} * typical.{{ channel }}_count
        ) as {{ channel }}_score,
        {% endfor %}
        coalesce(own.email_count, 0) + coalesce(own.sms_count, 0) as own_act_count
    from customers
    left join own
        on customers.customer_id = own.customer_id
    left join typical
        on customers.locale = typical.locale

)

select
    customer_id,
    case
        when email is not null and phone is null then 'email'
        when phone is not null and email is null then 'sms'
        when email is not null and sms_score > email_score then 'sms'
        when email is not null and email_score is not null then 'email'
    end as preferred_channel,
    cast(own_act_count as integer) as own_act_count
from scored
