-- What a purchase allows unasked: news of similar goods, to an address of the buyer's own, for so many months after the
-- last kept order. On or off per country, and for how long: seeds/consent_rules.csv. A refusal is weighed later.
with

last_orders as (

    select summed.customer_id, orders.order_id, orders.source, orders.ordered_at, upper(orders.country) as country
    from {{ ref('int_orders_summed_to_customers') }} as summed
    inner join {{ ref('orders') }} as orders
        on summed.last_kept_order_id = orders.order_id

),

shops as (  -- records of the sources that sell: a list or a form got its addresses otherwise

    select resolved.customer_id, records.email, records.phone
    from {{ ref('int_records_unioned') }} as records
    inner join {{ ref('int_customers_resolved') }} as resolved
        on records.record_id = resolved.record_id
    where
        records.source in (
            {% for source in var('sources')['orders'] %}
            '{{ source }}'{{ ',' if not loop.last }}
            {% endfor %}
        )

),

addresses as (

    select customer_id, 'email' as channel, email as address from shops where email is not null
    union
    select customer_id, 'sms', phone from shops where phone is not null

),

shared as (

    select identifier as address from {{ ref('identifiers') }}
    where identifier_type in ('email', 'phone')
    group by identifier
    having count(distinct customer_id) > 1

),

home as (

    select country from {{ ref('countries') }} where is_home

)

select
    addresses.customer_id,
    addresses.address,
    addresses.channel,
    last_orders.source,
    'order ' || last_orders.order_id as proof,
    last_orders.ordered_at as captured_at,
    {{ months_later('last_orders.ordered_at', 'rules.soft_opt_in_months') }} as expires_at
from addresses
inner join last_orders
    on addresses.customer_id = last_orders.customer_id
cross join home
inner join {{ ref('consent_rules') }} as rules
    on coalesce(last_orders.country, home.country) = rules.country and addresses.channel = rules.channel
left join shared
    on addresses.address = shared.address
where rules.is_soft_opt_in and shared.address is null
