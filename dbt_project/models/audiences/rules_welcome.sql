{{ holds_until('somebody has joined, or joined too long ago', "select joined_at as moment from " ~ ref('customers')
    ~ " union all select " ~ days_later('joined_at', timing_of('welcome_inside_days')) ~ " from " ~ ref('customers'),
    looks=2) }}
with

customers as (

    select * from {{ ref('customers') }}

),

rules as (  -- every customer who ever joined, one named column per rule

    select
        customer_id,
        'joined' as entry_key,
        joined_at as entered_at,
        joined_by,
        joined_at is not null as has_joined,
        coalesce(joined_at <= {{ as_of() }}, false) as has_begun,
        coalesce(
            joined_at > {{ days_later(as_of(), '-' ~ timing_of('welcome_inside_days')) }}, false
        ) as is_recent
    from customers

)

select * from rules
