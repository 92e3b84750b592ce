-- What is known of each customer, wide, for people and reports. No audience may read it: a journey stands on the few
-- tables it names, so that it is clear what stops it.
with

customers as (

    select * from {{ ref('customers') }}

),

recommended as (

    select customer_id, sku, product from {{ ref('recommendations') }} where position = 1

)

select
    customers.customer_id,
    customers.country,
    customers.locale,
    customers.lifecycle_state,
    customers.order_count,
    customers.net_total,
    customers.currency,
    rfm.recency_score,
    rfm.frequency_score,
    rfm.monetary_score,
    segments.rfm_segment,
    segments.previous_segment as previous_rfm_segment,
    segments.changed_at as rfm_segment_changed_at,
    expected.expected_gap_days,
    expected.expected_by,
    expected.next_order_due_at,
    expected.overdue_days,
    favourites.favourite_sku,
    favourites.favourite_product,
    favourites.favourite_category,
    recommended.sku as recommended_sku,
    recommended.product as recommended_product,
    channels.preferred_channel,
    channels.own_act_count as own_channel_act_count,
    hours.preferred_hour,
    hours.own_act_count as own_hour_act_count,
    habits.purchase_channel,
    habits.discounted_order_percent,
    valued.expected_order_count,
    valued.alive_probability,
    valued.expected_order_value,
    valued.clv,
    valued.currency as clv_currency,
    valued.scored_at
from customers
{% for model, name in [
    ('int_customers_rfm', 'rfm'), ('int_segments_compared', 'segments'), ('int_next_orders_expected', 'expected'),
    ('int_favourites_chosen', 'favourites'), ('int_channels_preferred', 'channels'), ('int_hours_preferred', 'hours'),
    ('int_habits_summed_to_customers', 'habits'), ('int_customers_valued', 'valued'),
] %}
left join {{ ref(model) }} as {{ name }}
    on customers.customer_id = {{ name }}.customer_id
{% endfor %}
left join recommended
    on customers.customer_id = recommended.customer_id
