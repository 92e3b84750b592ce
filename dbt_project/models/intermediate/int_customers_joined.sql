-- When and how each customer joined: a card issued at the till, or a newsletter address confirmed.
with

records as (

    select resolved.customer_id, records.source, records.member_card, records.happened_at
    from {{ ref('int_records_unioned') }} as records
    inner join {{ ref('int_customers_resolved') }} as resolved
        on records.record_id = resolved.record_id
    where records.happened_at is not null
        and (records.record_id like 'member:%' or records.record_id like 'newsletter:%')

)

select
    customer_id,
    min(happened_at) as joined_at,
    min(case when source = 'pos' then happened_at end) as member_since,
    case
        when min(case when source = 'pos' then happened_at end) = min(happened_at) then 'till'
        else 'web'
    end as joined_by
from records
group by customer_id
