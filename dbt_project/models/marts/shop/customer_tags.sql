-- What shop, list and help desk label each customer with: on their account, their orders, their address, their tickets.
with

tags as (

    select
        resolved.customer_id,
        tags.source,
        tags.record_type,
        tags.tag_folded,
        tags.tag,
        tags.tagged_id,
        tags.received_at,
        row_number() over (
            partition by resolved.customer_id, tags.source, tags.record_type, tags.tag_folded
            order by tags.received_at desc, tags.tagged_id, tags.tag
        ) as recency_rank
    from {{ ref('int_tags_unioned') }} as tags
    inner join {{ ref('int_customers_resolved') }} as resolved
        on tags.record_id = resolved.record_id

)

select
    customer_id,
    source,
    record_type,
    tag_folded,
    max(case when recency_rank = 1 then tag end) as tag,
    count(distinct tagged_id) as record_count,
    max(received_at) as received_at
from tags
group by customer_id, source, record_type, tag_folded
