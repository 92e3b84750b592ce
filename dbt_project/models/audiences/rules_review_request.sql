{{ holds_until('it is time to ask for a review, or too late', "select entered_at as moment from " ~ this
    ~ " union all select " ~ days_later('rules.entered_at', 'timing.inside_days') ~ " from " ~ this
    ~ " as rules cross join " ~ ref('review_timing') ~ " as timing", looks=2) }}
with

orders as (

    select * from {{ ref('orders') }} where customer_id is not null

),

countries as (

    select * from {{ ref('countries') }}

),

review_timing as (

    select * from {{ ref('review_timing') }}

),

returns as (

    select * from {{ ref('int_returns_summed_to_customers') }}

),

cases as (

    select * from {{ ref('int_cases_opened') }}

),

timed as (

    select
        orders.*,
        review_timing.inside_days,
        returns.returned_at,
        cases.opened_at as case_opened_at,
        -- it was posted, travelled, and was lived with; a till hands it over at once
        {{ days_later(
            'coalesce(orders.fulfilled_at, orders.ordered_at)',
            "review_timing.ask_after_days
            + case when orders.order_channel = 'web' and orders.fulfilled_at is not null then coalesce(countries.transit_days, home.transit_days) else 0 end"
        ) }} as asked_at
    from orders
    inner join review_timing
        on orders.order_channel = review_timing.order_channel
    inner join countries as home
        on home.is_home
    left join countries
        on orders.country = countries.country
    left join returns
        on orders.customer_id = returns.customer_id
    left join cases
        on orders.customer_id = cases.customer_id

),

rules as (  -- every purchase of every known customer, one named column per rule

    select
        customer_id,
        order_id as entry_key,
        asked_at as entered_at,
        ordered_at,
        fulfilment_state,
        returned_at,
        case_opened_at,
        is_kept as was_kept,
        product_line_count >= 1 as has_products,
        fulfilled_at is not null or fulfilment_state is null as has_been_sent,
        asked_at <= {{ as_of() }} as has_had_time,
        asked_at > {{ days_later(as_of(), '-inside_days') }} as is_recent,
        coalesce(returned_at <= ordered_at, true) as has_returned_nothing_since,
        case_opened_at is null as has_no_open_case
    from timed

)

select * from rules
