-- Fails if a till's stores, tills or cards come both with zeros before them and without, as a spreadsheet drops them:
-- the same receipt would count twice, the second time as nobody's. Names the file that brought the shorter ones.
with

ids as (

    select 'store' as id_column, store as id, file_name from {{ source('pos', 'receipts') }}
    union all
    select 'till', till, file_name from {{ source('pos', 'receipts') }}
    union all
    select 'member_card', member_card, file_name from {{ source('pos', 'receipts') }}
    union all
    select 'member_card', member_card, file_name from {{ source('pos', 'members') }}

),

bare as (

    select distinct id_column, id, {{ regex_remove('id', '^0+') }} as bare_id, file_name from ids
    where {{ regex_matches('id', "'[0-9]+'") }}

)

select shorter.id_column, shorter.file_name, count(distinct shorter.id) as id_count
from bare as shorter
inner join bare as longer
    on shorter.id_column = longer.id_column and shorter.bare_id = longer.bare_id
where length(shorter.id) < length(longer.id)
    and exists (select 1 from {{ ref('int_records_unioned') }})  -- whoever stands on these records is held
group by shorter.id_column, shorter.file_name
