-- What each person is called, where they live, when they were born and what they read: of each the most trusted source
-- that knows it, newest first: shop account, member card, newsletter, order.
{% set readable = "'" ~ var('languages') | join("', '") ~ "'" %}
with

records as (

    select resolved.customer_id, records.*
    from {{ ref('int_records_unioned') }} as records
    inner join {{ ref('int_customers_resolved') }} as resolved
        on records.record_id = resolved.record_id

),

profiles as (

    select
        {% for column in ['first_name', 'last_name', 'country'] %}
        max(case when {{ column }}_rank = 1 then {{ column }} end) as {{ column }},
        {% endfor %}
        customer_id
    from (
        select
            {% for column in ['first_name', 'last_name', 'country'] %}
            row_number() over (
                partition by customer_id, {{ column }} is null
                order by trust, happened_at desc nulls last, record_id
            ) as {{ column }}_rank,
            {% endfor %}
            customer_id, first_name, last_name, country
        from records
    ) as ranked
    group by customer_id

),

birthdays as (

    select
        customer_id, birthday, birth_year,
        row_number() over (
            partition by customer_id order by trust, happened_at desc nulls last, record_id
        ) as birthday_rank,
        -- the year may be told by another source than the day
        row_number() over (
            partition by customer_id, birthday
            order by birth_year is null, trust, happened_at desc nulls last, record_id
        ) as year_rank
    from records
    where birthday is not null

),

told as (

    select *, {{ text_found('lower(trim(written))', '^([^-_ (,/]+)') }} as word
    from {{ ref('int_languages_unioned') }}

),

languages as (

    select
        resolved.customer_id,
        coalesce(known.language, told.word) as language,
        row_number() over (
            partition by resolved.customer_id
            order by
                told.trust, coalesce(told.changed_at, told.happened_at) desc nulls last, told.received_at desc,
                told.record_id
        ) as language_rank
    from told
    inner join {{ ref('int_customers_resolved') }} as resolved
        on told.record_id = resolved.record_id
    left join {{ ref('languages') }} as known
        on told.word = known.written
    -- no message could be written in any other
    where coalesce(known.language, told.word) in ({{ readable }})

)

select
    profiles.customer_id,
    profiles.first_name,
    profiles.last_name,
    profiles.country,
    birthdays.birthday,
    cast(years.birth_year as integer) as birth_year,
    languages.language
from profiles
left join birthdays
    on profiles.customer_id = birthdays.customer_id and birthdays.birthday_rank = 1
left join birthdays as years
    on birthdays.customer_id = years.customer_id and birthdays.birthday = years.birthday and years.year_rank = 1
left join languages
    on profiles.customer_id = languages.customer_id and languages.language_rank = 1
