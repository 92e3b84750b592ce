-- What each customer is expected to bring in the year after the last fit, by the id they have today.
with

scores as (

    select * from {{ source('run', 'clv_scores') }}

),

aliases as (

    select * from {{ ref('customer_aliases') }}

),

ranked as (

    select
        aliases.customer_id,
        scores.expected_order_count,
        scores.alive_probability,
        scores.expected_order_value,
        scores.clv,
        scores.currency,
        scores.scored_at,
        -- two who have turned out to be one keep the better score until the next fit knows them as one
        row_number() over (
            partition by aliases.customer_id
            order by scores.expected_order_count desc, scores.customer_id
        ) as score_rank
    from scores
    inner join aliases
        on scores.customer_id = aliases.alias_id

)

select
    customer_id,
    expected_order_count,
    alive_probability,
    expected_order_value,
    clv,
    currency,
    scored_at
from ranked
where score_rank = 1
