-- Recency, frequency and monetary scores, 1 to 5, and the segment that the first two name.
{{ turns_any_time(['recency_score', 'frequency_score', 'monetary_score', 'rfm_segment']) }}
with

orders as (

    select * from {{ ref('int_orders_summed_to_customers') }}

),

measured as (

    select
        customer_id,
        {{ whole_days_between('last_kept_order_at', as_of()) }} as recency_days,
        kept_order_count,
        net_total,
        -- ties by the opaque id: by date, most of a shop's one-time buyers could never be called new
        row_number() over (order by kept_order_count, customer_id) as frequency_rank,
        count(*) over () as customer_count
    from orders

),

edges as (

    select
        {{ quantile_of('recency_days', 0.2) }} as recency_1,
        {{ quantile_of('recency_days', 0.4) }} as recency_2,
        {{ quantile_of('recency_days', 0.6) }} as recency_3,
        {{ quantile_of('recency_days', 0.8) }} as recency_4,
        {{ quantile_of('net_total', 0.2) }} as monetary_1,
        {{ quantile_of('net_total', 0.4) }} as monetary_2,
        {{ quantile_of('net_total', 0.6) }} as monetary_3,
        {{ quantile_of('net_total', 0.8) }} as monetary_4
    from measured

),

scored as (

    select
        measured.customer_id,
        (
            5
            {% for edge in range(1, 5) %}
            - case when measured.recency_days > edges.recency_{{ edge }} then 1 else 0 end
            {% endfor %}
        ) as recency_score,
        -- quintiles of the rank
        (
            1
            {% for edge in range(1, 5) %}
            + case when 5 * (measured.frequency_rank - 1) > {{ edge }} * (measured.customer_count - 1) then 1 else 0 end
            {% endfor %}
        ) as frequency_score,
        (
            1
            {% for edge in range(1, 5) %}
            + case when measured.net_total > edges.monetary_{{ edge }} then 1 else 0 end
            {% endfor %}
        ) as monetary_score
    from measured
    cross join edges

)

select
    customer_id,
    recency_score,
    frequency_score,
    monetary_score,
    case
        when recency_score <= 2 and frequency_score <= 2 then 'hibernating'
        when recency_score <= 2 and frequency_score <= 4 then 'at_risk'
        when recency_score <= 2 then 'cant_loose'
        when recency_score = 3 and frequency_score <= 2 then 'about_to_sleep'
        when recency_score = 3 and frequency_score = 3 then 'need_attention'
        when recency_score <= 4 and frequency_score >= 4 then 'loyal'
        when recency_score = 4 and frequency_score = 1 then 'promising'
        when recency_score = 5 and frequency_score = 1 then 'new'
        when frequency_score <= 3 then 'potential_loyalists'
        else 'champions'
    end as rfm_segment
from scored
