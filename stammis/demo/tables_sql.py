"""The demo shop's tables: SQL that turns invented numbers into people, orders, lists and events.

TABLES run in order, on the columns of people.py and the words of names.py; exports.py writes files from
what they make.
"""

from stammis.demo.names import TEXTS
from stammis.demo.people import (
    BOUNCED,
    CLEANED,
    COMPLAINED,
    NO_FIRST_NAME,
    NOW,
    PARTLY_REFUNDED,
    PLAIN_LETTERS,
    REFUNDED,
    SWAPPED,
    TYPO,
    UNSUBSCRIBED,
    VOIDED,
)

MACROS = (
    "create macro folded(name) as"
    " regexp_replace(strip_accents(replace(replace(lower(name), 'ø', 'o'), 'æ', 'ae')), '[^a-z]', '', 'g')",
    "create macro money(ore) as case when ore < 0 then '-' else '' end"
    " || format('{:d}.{:02d}', abs(ore) // 100, abs(ore) % 100)",
    "create macro utc(second) as strftime(make_timestamp(second * 1000000), '%Y-%m-%d %H:%M:%S')",
    # the wall clock of a place, and in Shopify's exports its distance from UTC
    "create macro wall(second, zone) as timezone(zone, to_timestamp(second))",
    "create macro shop_time(second) as strftime(wall(second, 'Europe/Stockholm'), '%Y-%m-%d %H:%M:%S')"
    " || case when epoch(wall(second, 'Europe/Stockholm')) - second = 7200 then ' +0200' else ' +0100' end",
    # two neighbouring letters change places
    "create macro flipped(name, spot) as left(name, spot) || name[spot + 2] || name[spot + 1]"
    " || substr(name, spot + 3)",
    "create macro mistyped(name, spot) as flipped(name, 1 + spot % greatest(length(name) - 2, 1))",
    "create macro plain(name) as lower(strip_accents(name))",
    # a phone number as people write it
    """
    create macro written(nsn, dial, code, style) as case style % 4
        when 0 then '+' || dial || nsn
        when 1 then '00' || dial || ' ' || left(nsn, 2) || ' ' || substr(nsn, 3)
        when 2 then case when code in ('NO', 'DK') then nsn else '0' || nsn end
        else case code
            when 'SE' then '0' || nsn[1:2] || '-' || nsn[3:5] || ' ' || nsn[6:7] || ' ' || nsn[8:]
            when 'NO' then nsn[1:3] || ' ' || nsn[4:5] || ' ' || nsn[6:]
            when 'DK' then nsn[1:2] || ' ' || nsn[3:4] || ' ' || nsn[5:6] || ' ' || nsn[7:]
            when 'FI' then '0' || nsn[1:2] || ' ' || nsn[3:5] || ' ' || nsn[6:]
            else '0' || nsn[1:4] || ' ' || nsn[5:]
        end
    end
    """,
    "create macro apostrophe(number) as case when number[1] in ('+', '0') then '''' || number else number end",
)

PEOPLE = """
create table people as
with named as (
    select
        person.*,
        country.* exclude (country),
        plant_name,
        case when not is_nameless then given.word end as first_name,
        family.word as last_name,
        case when code = 'GB' then house || ' ' || road.word else road.word || ' ' || house end as address,
        regexp_extract(town.word, '^(\\S+) (.*)$', ['city', 'zip']) as place,
        mail.word as mail_domain
    from invented_people as person
    join countries as country using (country)
    join words as given
        on given.kind = 'first' and given.country = person.country and given.spot = person.first
    join words as family
        on family.kind = 'last' and family.country = person.country and family.spot = person.last
    join words as road
        on road.kind = 'street' and road.country = person.country and road.spot = person.street
    join words as town
        on town.kind = 'city' and town.country = person.country and town.spot = person.city
    join words as mail on mail.kind = 'domain' and mail.spot = person.domain
    left join plants using (plant)
), counted as (
    select
        *,
        coalesce(folded(first_name) || '.', '') || folded(last_name) as mailbox,
        row_number() over (partition by mailbox, mail_domain order by person) as mailbox_number,
        row_number() over (partition by mailbox order by person) as namesake_number,
    from named
)
select
    * exclude (place, mailbox, mailbox_number, namesake_number),
    format('P{:07d}', person) as person_id,
    place.city as city_name,
    place.zip as zip,
    mailbox || case when mailbox_number > 1 then mailbox_number::varchar else '' end
        || '@' || mail_domain as email,
    (case
        when not has_phone then null
        when phone_rank < fiction_count then fiction_from + phone_rank
        else spare_from + phone_rank - fiction_count
    end)::varchar as nsn,
    '+' || dial || nsn as phone,
    -- namesakes never share a birthday, so that a birthday may tell them apart
    date '2023-01-01'
        + ((('0x' || left(md5(mailbox), 6))::int + namesake_number * 97) % 365)::int as birthday,
    7100000000000 + person * 7 as shop_customer,
    case when has_card then format('L{:07d}', person) end as member_card,
    first_name || ' ' || last_name as full_name,
from counted
order by person
"""

SALES = """
create table sales as
select *, null as returns_number from invented_orders
union all by name
select
    number + 1000000000 as number,
    * exclude (number, sold_at, back_after),
    sold_at + back_after * 86400 as sold_at,
    number as returns_number,
from invented_orders
where back_after > 0
"""

LINES = """
create table lines as
with sold as (
    select * from invented_lines
    union all by name
    select sales.number, line_no, product, -quantity as quantity, price
    from sales
    join invented_lines on invented_lines.number = returns_number
    where all_back or line_no = 1
)
select *, 'LV-' || (1001 + product) as sku from sold join products using (product)
"""

ORDERS = f"""
create table orders as
with lines_summed as (
    select number, sum(quantity * price)::bigint as goods from lines group by number
), priced as (
    select
        sales.*,
        code, person.person_id,
        goods - case when has_code then goods // 10 else 0 end as subtotal,
        goods - subtotal as discount,
        case when in_store or subtotal >= free_from then 0 else freight end as shipping,
        subtotal + shipping as total,
        total * tax // (1000 + tax) as taxes,
        case status
            when {REFUNDED} then total
            when {PARTLY_REFUNDED} then subtotal // 2
            else 0
        end as refunded,
        case when status < {VOIDED} then subtotal - least(refunded, greatest(subtotal, 0)) else 0 end as net,
        case code
            when 'SE' then 'S' || (1 + person % 3)
            when 'NO' then 'S4'
            when 'DK' then 'S5'
            when 'FI' then 'S6'
            else 'S7'
        end as store,
        1 + number % 2 as till_number,
    from sales
    join people as person using (person)
    join lines_summed using (number)
), numbered as (
    select
        *,
        -- a receipt number is unique at its own till only
        row_number() over (partition by in_store, store, till_number order by sold_at, number) as receipt,
        row_number() over (partition by in_store order by sold_at, number) as web_number,
    from priced
)
select
    * exclude (code),
    format('R{{:06d}}', receipt) as receipt_no,
    '#' || (1000 + web_number) as name,
    case
        when in_store then store || '-' || till_number || '-' || receipt_no
        else (6200000000000 + web_number)::varchar
    end as invoice,
from numbered
"""

LISTED = f"""
create table listed as
with last_sends as (
    select person, max(sent_at) as last_sent_at from sends group by person
)
select
    person.*,
    last_sent_at,
    case
        when left_at >= {NOW} then left_at
        when opted_in_at >= {NOW} then opted_in_at
        when list_state in ({UNSUBSCRIBED}, {CLEANED}) then coalesce(last_sent_at + 4000, left_at)
        else (opted_in_at + {NOW}) // 2
    end as changed_at,
    case list_slip
        when {TYPO} then mistyped(first_name, person)
        when {SWAPPED} then last_name
        when {PLAIN_LETTERS} then plain(first_name)
        when {NO_FIRST_NAME} then null
        else first_name
    end as list_first_name,
    case list_slip
        when {SWAPPED} then first_name
        when {PLAIN_LETTERS} then plain(last_name)
        else last_name
    end as list_last_name,
from people as person
left join last_sends using (person)
where list_state > 0
"""

EVENTS = f"""
create table events as
with sent as (
    select
        sends.* exclude (hiccup),
        case
            when sent_at = last_sent_at and list_state in ({CLEANED}, {BOUNCED}) then 'bounce'
            when sent_at = last_sent_at and list_state = {COMPLAINED} then 'spamreport'
            when sent_at = last_sent_at and list_state = {UNSUBSCRIBED} and person % 2 = 0 then 'unsubscribe'
            when hiccup = 1 then 'deferred'
            when hiccup = 2 then 'blocked'
            else 'fine'
        end as outcome,
        outcome not in ('bounce', 'blocked') as has_arrived,
        sent_at + 1000 + person * 611 % 90000 as read_at,
    from sends join listed using (person)
), happened as (
    select *, 'processed' as event, false as is_machine, sent_at as happened_at from sent
    union all
    select *, 'deferred', false, sent_at + 60 from sent where outcome = 'deferred'
    union all
    select *, 'bounce', false, sent_at + 2 from sent where not has_arrived
    union all
    select *, 'delivered', false, sent_at + case outcome when 'deferred' then 900 else 3 end
    from sent where has_arrived
    union all
    select *, 'open', true, sent_at + 20 + person % 40 from sent where machine and has_arrived
    union all
    select *, 'open', false, read_at from sent where human and has_arrived
    union all
    select *, 'click', false, read_at + 30 from sent where clicked and has_arrived
    union all
    select *, outcome, false, sent_at + 3600 from sent where outcome in ('spamreport', 'unsubscribe')
)
select person, number, campaign, sent_at, outcome, event, is_machine, happened_at from happened
"""

INBOUND = f"""
create table inbound as
with texting as (
    select
        *,
        row_number() over (order by person) - 1 as turn,
        {list(TEXTS)}[1 + turn % {len(TEXTS)}] as said,
        {NOW} - 86400 * (5 + turn * 31 % 320) - turn * 1237 % 30000 as said_at,
    from people where texts
)
select texting.* exclude (said), said_at as received_at, case said when '' then word else said end as body
from texting join words on words.kind = 'chatter' and words.country = texting.country
union all
select * exclude (said), said_at + 10800, 'START' from texting where turn % {len(TEXTS)} = 2
union all by name
select people.*, said_at as received_at, case when person % 2 = 0 then 'STOP' else 'Stopp' end as body
from later_texts join people using (person)
"""

REVIEWS = f"""
create table reviews as
select
    number, orders.person,
    sent_at + 86400 * (9 + number % 17) as reviewed_at,
    string_split(word, '|')[1 + 3 * (number % 3):] as said,
from orders
join people as person using (person)
join words on words.kind = 'review' and words.country = person.country
-- long ago, so that nobody who is due a question has answered it
where sent_at > 0 and net > 0 and number % 12 = 5
    and (sent_at <= {NOW} - 45 * 86400 or reviewed_at between {NOW} and getvariable('horizon') - 1)
"""

# What exports read that a later day narrows to its own.
VIEWS = (
    "create view account_holders as select * from people where has_account",
    "create view card_holders as select * from people where has_card",
    """
    create view spent as
    select person, sum(net) as ore, count(*) as many from orders where not in_store group by person
    """,
)


TABLES = (*MACROS, PEOPLE, SALES, LINES, ORDERS, LISTED, EVENTS, INBOUND, REVIEWS, *VIEWS)
