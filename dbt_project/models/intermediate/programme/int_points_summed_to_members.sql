-- Points per member: what is active, what is pending, and what counts in this membership year and the one before.
{{ holds_until('points become active, or a membership year turns', "select pending_until as moment from "
    ~ ref('points_movements') ~ " union all select year_expires_at from " ~ this, looks=4) }}
with

members as (

    select
        customer_id,
        member_since,
        {{ whole_ratio(
            whole_days_between('member_since', as_of()), programme_rule('window_days')
        ) }} as years_completed
    from {{ ref('int_customers_joined') }}
    where member_since is not null

),

years as (

    select
        customer_id,
        member_since,
        {{ days_later('member_since', 'years_completed * ' ~ programme_rule('window_days')) }} as year_started_at,
        {{ days_later('member_since', '(years_completed + 1) * ' ~ programme_rule('window_days')) }} as year_expires_at,
        {{ days_later('member_since', '(years_completed - 1) * ' ~ programme_rule('window_days')) }}
            as last_year_started_at
    from members

),

movements as (

    select * from {{ ref('points_movements') }}

)

select
    years.customer_id,
    years.member_since,
    years.year_started_at,
    years.year_expires_at,
    coalesce(sum(case when movements.pending_until <= {{ as_of() }} then movements.points end), 0) as points_balance,
    coalesce(sum(case when movements.pending_until > {{ as_of() }} then movements.points end), 0) as points_pending,
    coalesce(sum(case when movements.counted_at >= years.year_started_at then movements.points end), 0) as year_points,
    coalesce(sum(case
        when movements.counted_at >= years.last_year_started_at and movements.counted_at < years.year_started_at
            then movements.points
    end), 0) as last_year_points
from years
left join movements
    on years.customer_id = movements.customer_id
group by years.customer_id, years.member_since, years.year_started_at, years.year_expires_at
