-- What may join two records, one row per record and key. A phone, a birthday or a home alone never does, nor a slip in
-- the year of birth without a place. Ranks and guards are in seeds/identity_keys.csv; int_keys_judged drops what is
-- shared. Record, key and names are numbers made of their texts: millions are grouped, joined, and read by nobody.
{% set own_keys = {'shop customer': 'shop_customer', 'card': 'member_card', 'e-mail': 'email'} %}
{% set name_keys = {
    'phone and names': ["phone || ' ' || both_names"],
    'phone and first name': ["phone || ' ' || first_skeleton"],
    'birth date and names': ["birth_date || ' ' || both_names"],
    'birth date and mailbox': ["birth_date || ' ' || mailbox"],
    'birth date, postcode and a name': [
        "birth_slip || ' ' || postcode || ' ' || first_skeleton", "birth_slip || ' ' || postcode || ' ' || other_skeleton",
    ],
    'home and names': ["home || ' ' || both_names"],
    'birth date and home': ["birth_date || ' ' || home"],
    'birth date, a name and an initial': [
        "birth_date || ' ' || first_skeleton || ' ' || substr(last_skeleton, 1, 1)",
        "birth_date || ' ' || other_skeleton || ' ' || substr(first_skeleton, 1, 1)",
    ],
    'birthday and names': ["case when is_rare then birthday || ' ' || both_names end"],
} %}
{% set names = number_of(
    "coalesce(least(records.first_folded || ' ' || records.last_folded, "
    ~ "records.last_folded || ' ' || records.first_folded), records.first_folded, records.last_folded)"
) %}
with

records as (

    select * from {{ ref('int_records_unioned') }}

),

decisions as (

    select * from {{ ref('int_decisions_traced') }}

),

skeletons as (

    select
        *,
        {{ name_skeleton('first_folded') }} as first_skeleton,
        {{ name_skeleton('last_folded') }} as last_skeleton,
        cast(birth_year as varchar) || '-' || birthday as birth_date,
        coalesce(slipped_birth_date, cast(birth_year as varchar) || '-' || birthday) as birth_slip,
        {{ mailbox_of('email') }} as mailbox,
        {{ fold_place('postcode') }} as postcode_folded,
        {{ fold_place('street') }} as street_folded
    from records
    where first_folded is not null or last_folded is not null

),

common_names as (

    -- a birthday without its year says little about a name that many have
    select first_folded, last_folded
    from records
    where first_folded is not null and last_folded is not null and birthday is not null
    group by first_folded, last_folded
    having count(distinct birthday) > {{ limit_of('common_name_birthdays') }}

),

named as (

    select
        {{ number_of('records.record_id') }} as record,
        {{ names }} as names,
        records.phone, records.birthday, records.birth_date, records.birth_slip, records.birth_year, records.mailbox,
        records.first_skeleton, records.last_skeleton,
        nullif(records.last_skeleton, records.first_skeleton) as other_skeleton,
        least(
            records.first_skeleton || '+' || records.last_skeleton,
            records.last_skeleton || '+' || records.first_skeleton
        ) as both_names,
        records.postcode_folded as postcode,
        records.postcode_folded || ' ' || records.street_folded as home,
        common_names.first_folded is null as is_rare
    from skeletons as records
    left join common_names
        on records.first_folded = common_names.first_folded and records.last_folded = common_names.last_folded

)

select
    {{ number_of('record_id') }} as record, 'by hand' as key_name, {{ number_of("'by hand ' || decision_id") }} as key,
    {{ number_of('cast(null as varchar)') }} as names, cast(null as integer) as birth_year
from decisions
where decision = 'merge' and record_id is not null
{% for key_name, key in own_keys.items() %}
union all
select
    {{ number_of('record_id') }}, '{{ key_name }}', {{ number_of("'" ~ key_name ~ " ' || " ~ key) }}, {{ names }},
    birth_year
from records
where {{ key }} is not null
{% endfor %}
{% for key_name, keys in name_keys.items() %}{% for key in keys %}
union all
select record, '{{ key_name }}', {{ number_of("'" ~ key_name ~ " ' || " ~ key) }}, names, birth_year
from named
where {{ key }} is not null
{% endfor %}{% endfor %}
