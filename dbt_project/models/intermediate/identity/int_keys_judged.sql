-- Every key that two records have, and whether too many different people have it. Names that begin alike count once,
-- and fewer are allowed where the records also carry two mailboxes, numbers, cards or accounts.
with

held as (

    select
        key_name,
        key,
        min(record) as hub,
        count(*) as record_count,
        min(names) < max(names) or min(birth_year) < max(birth_year) as is_doubtful
    from {{ ref('int_records_keyed') }}
    group by key_name, key
    having count(*) > 1

),

doubtful as (

    select
        keyed.key,
        records.record_id,
        substr(records.first_folded, 1, 3) as first_beginning,
        substr(records.last_folded, 1, 3) as last_beginning,
        {{ mailbox_of('records.email') }} as mailbox,
        records.phone,
        records.member_card,
        records.shop_customer,
        records.birth_year
    from held
    inner join {{ ref('int_records_keyed') }} as keyed
        on held.key = keyed.key
    inner join {{ ref('int_records_unioned') }} as records
        on keyed.record = {{ number_of('records.record_id') }}
    where held.is_doubtful

),

beginnings as (

    select key, first_beginning as beginning from doubtful
    union
    select key, last_beginning from doubtful

),

names as (

    select key, count(beginning) as name_count from beginnings group by key

),

holders as (

    select
        key,
        min(record_id) as record_id,
        coalesce(min(mailbox) < max(mailbox), false) or coalesce(min(phone) < max(phone), false)
        or coalesce(min(member_card) < max(member_card), false)
        or coalesce(min(shop_customer) < max(shop_customer), false) as have_conflicting_ids,
        coalesce(min(birth_year) < max(birth_year), false) as have_birth_years
    from doubtful
    group by key

)

select
    held.key_name,
    held.key,
    held.hub,
    rules.key_rank,
    held.record_count,
    names.name_count,
    holders.record_id as example_record_id,
    holders.have_conflicting_ids,
    coalesce(
        names.name_count > rules.most_names
        or (holders.have_conflicting_ids and names.name_count > rules.most_names_told_apart)
        or (holders.have_birth_years and rules.birth_years = 'one')
        or (holders.have_birth_years and holders.have_conflicting_ids and rules.birth_years = 'one_if_told_apart'),
        false
    ) as is_shared
from held
inner join {{ ref('identity_keys') }} as rules
    on held.key_name = rules.key_name
left join names
    on held.key = names.key
left join holders
    on held.key = holders.key
