-- The local hour at which each customer is most likely to look: their own clicks, opens and web orders, and as many
-- acts more of somebody typical of their language. own + prior × share, times the locale's total: whole numbers only.
-- Orders in a store tell of its opening hours, so they do not count.
with

customers as (

    select customer_id, locale, time_zone from {{ ref('customers') }}

),

acts as (

    select customer_id, ordered_at as happened_at
    from {{ ref('orders') }}
    where is_kept and order_channel = 'web' and customer_id is not null
    union all
    select customer_id, happened_at
    from {{ ref('customer_events') }}
    where event in ('click', 'open')

),

own as (

    select
        acts.customer_id,
        customers.locale,
        cast(extract(hour from {{ utc_to_local('acts.happened_at', 'customers.time_zone') }}) as integer) as local_hour,
        count(*) as act_count
    from acts
    inner join customers
        on acts.customer_id = customers.customer_id
    where acts.happened_at > {{ days_later(as_of(), '-' ~ score_rule('habit_days')) }}
    group by 1, 2, 3

),

typical as (

    select
        locale, local_hour, act_count,
        cast(sum(act_count) over (partition by locale) as bigint) as locale_count,
        row_number() over (partition by locale order by act_count desc, local_hour) as hour_rank
    from (select locale, local_hour, cast(sum(act_count) as bigint) as act_count from own group by 1, 2) as summed

),

scored as (

    select
        own.customer_id,
        own.local_hour,
        own.act_count,
        own.act_count * typical.locale_count + {{ score_rule('hour_prior_acts') }} * typical.act_count as score
    from own
    inner join typical
        on own.locale = typical.locale and own.local_hour = typical.local_hour
    union all
    -- the only hour without acts of their own that could win
    select customers.customer_id, typical.local_hour, 0, {{ score_rule('hour_prior_acts') }} * typical.act_count
    from customers
    inner join typical
        on customers.locale = typical.locale and typical.hour_rank = 1

),

ranked as (

    select
        scored.*,
        row_number() over (partition by customer_id order by score desc, act_count desc, local_hour) as preference_rank
    from scored

)

select customer_id, local_hour as preferred_hour, cast(act_count as integer) as own_act_count
from ranked
where preference_rank = 1
