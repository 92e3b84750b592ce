{{ turns_any_time(['quiet_days', 'rfm_segment']) }}
with

profiles as (

    select * from {{ ref('int_customers_described') }}

),

-- the address to write to: one that agreed, then one that is not closed, then the best known
addresses as (

    select
        customer_id,
        channel,
        address,
        row_number() over (
            partition by customer_id, channel
            order by
                state <> 'opted_in', state <> 'soft_opt_in', suppression_reason is not null,
                record_count desc, identified_at desc nulls last, address
        ) as preference_rank
    from {{ ref('int_consents_resolved') }}
    where purpose = 'marketing' and (channel <> 'email' or {{ can_be_mailed('address') }})

),

countries as (

    select * from {{ ref('countries') }}

)

select
    profiles.customer_id,
    emails.address as email,
    phones.address as phone,
    profiles.first_name,
    profiles.last_name,
    profiles.birthday,
    profiles.birth_year,
    coalesce(countries.country, home.country) as country,
    coalesce(profiles.language, countries.locale, home.locale) as language,
    coalesce(profiles.language, countries.locale, home.locale) as locale,
    coalesce(countries.time_zone, home.time_zone) as time_zone,
    coalesce(orders.kept_order_count, 0) as order_count,
    coalesce(orders.order_day_count, 0) as order_day_count,
    coalesce(orders.net_total, 0) as net_total,
    home.currency,
    orders.first_kept_order_at as first_ordered_at,
    orders.last_kept_order_at as last_ordered_at,
    orders.last_kept_order_id,
    lifecycle.gap_days,
    lifecycle.quiet_days,
    lifecycle.lost_after_days,
    lifecycle.has_engaged_lately,
    lifecycle.has_visited_lately,
    coalesce(lifecycle.lifecycle_state, 'prospect') as lifecycle_state,
    lifecycle.lost_reason,
    lifecycle.lost_at,
    joined.joined_at,
    joined.joined_by,
    rfm.rfm_segment
from profiles
inner join countries as home
    on home.is_home
left join countries
    on profiles.country = countries.country
left join addresses as emails
    on profiles.customer_id = emails.customer_id and emails.channel = 'email' and emails.preference_rank = 1
left join addresses as phones
    on profiles.customer_id = phones.customer_id and phones.channel = 'sms' and phones.preference_rank = 1
left join {{ ref('int_orders_summed_to_customers') }} as orders
    on profiles.customer_id = orders.customer_id
left join {{ ref('int_customers_lifecycle') }} as lifecycle
    on profiles.customer_id = lifecycle.customer_id
left join {{ ref('int_customers_joined') }} as joined
    on profiles.customer_id = joined.customer_id
left join {{ ref('int_customers_rfm') }} as rfm
    on profiles.customer_id = rfm.customer_id
