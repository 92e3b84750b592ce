-- The RFM segment of each buyer, the one before it and when it changed: today's beside what earlier runs remembered.
with

scores as (

    select * from {{ ref('int_customers_rfm') }}

),

-- what was known before this moment: a day that is decided again sees its own past, not its own result
remembered as (

    select
        aliases.customer_id,
        segments.rfm_segment,
        segments.previous_segment,
        segments.changed_at,
        row_number() over (
            partition by aliases.customer_id
            -- after a merge the history of the id that was kept
            order by
                segments.customer_id = aliases.customer_id desc, segments.remembered_at desc,
                length(segments.run_id) desc, segments.run_id desc
        ) as recency_rank
    from {{ source('run', 'segments') }} as segments
    inner join {{ ref('customer_aliases') }} as aliases
        on segments.customer_id = aliases.alias_id
    where segments.remembered_at < {{ as_of() }}

)

select
    scores.customer_id,
    scores.rfm_segment,
    case
        when scores.rfm_segment = remembered.rfm_segment then remembered.previous_segment
        else remembered.rfm_segment
    end as previous_segment,
    case
        when scores.rfm_segment = remembered.rfm_segment then remembered.changed_at
        when remembered.customer_id is not null then {{ as_of() }}
    end as changed_at
from scores
left join remembered
    on scores.customer_id = remembered.customer_id and remembered.recency_rank = 1
