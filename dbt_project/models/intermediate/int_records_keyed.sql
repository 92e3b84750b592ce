-- What may join two records. A phone or a birthday alone never does: households share one, strangers the other.
with

records as (

    select * from {{ ref('int_records_unioned') }}

),

shared_emails as (

    select email
    from records
    group by email
    having count(distinct first_folded) >= {{ limit_of('shared_key_names') }}

),

named as (

    select
        *,
        least(first_folded, last_folded) || '+' || greatest(first_folded, last_folded) as names
    from records
    where first_folded is not null and last_folded is not null

)

select record_id, 'shop customer ' || shop_customer as key from records where shop_customer is not null
union all
select record_id, 'card ' || member_card from records where member_card is not null
union all
select record_id, 'e-mail ' || email from records
where email is not null and email not in (select email from shared_emails where email is not null)
union all
select record_id, 'phone and names ' || phone || ' ' || names from named where phone is not null
union all
select record_id, 'phone and first name ' || phone || ' ' || first_folded from records
where phone is not null and first_folded is not null
union all
select record_id, 'birthday and names ' || birthday || ' ' || names from named where birthday is not null
union all
-- a till that heard only a number: these records belong together, and to its one holder if there is one
select record_id, 'phone alone ' || phone from records
where phone is not null and email is null and member_card is null and shop_customer is null and first_folded is null
