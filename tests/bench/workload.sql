-- A made-up shop of getvariable('people') people over 24 months, the same for a seed on any machine: every draw is a
-- hash. One view per export, under the export's own column names, for getvariable('month') (0 to 23) of the history.
create macro dice(what, key, sides) as
    cast(md5_number_lower(getvariable('seed') || what || ':' || key) % cast(sides as ubigint) as bigint);
create macro chance(what, key, percent) as dice(what, key, 10000) < percent * 100;
create macro month_start(month) as cast(timestamp '2024-01-01' + to_months(month) as timestamp);
create macro moment_in(month, what, key) as month_start(month) + to_seconds(dice(what, key, 27 * 86400));
create macro hex_id(what, key) as left(md5(getvariable('seed') || what || ':' || key), 22);
create macro price_of(sku) as cast(95 + 50 * (sku % 40) as decimal(18, 4)) / 100;

create table places as
select * from (values
    (0, 'SE', 'SEK', '46'), (1, 'NO', 'NOK', '47'), (2, 'DK', 'DKK', '45'), (3, 'FI', 'EUR', '358'), (4, 'GB', 'GBP', '44')
) as places (place, country, currency, calling_code);

-- Three in ten live as two with one phone and one surname; six of five thousand share an address at work.
create table people as
with
drawn as (
    select
        person,
        case when chance('shares a home', person // 2, 30) then person // 2 * 2 else person end as home,
        dice('place', person // 2, 5) as place
    from range(getvariable('people')) as numbers (person)
),
names as (
    select
        ['An', 'Bo', 'Ka', 'El', 'Jo', 'Li', 'Ma', 'Nil', 'Os', 'Pe', 'Ro', 'Si', 'Tor', 'Ul', 'Vi', 'Ýr'] as first_heads,
        ['na', 'rje', 'rin', 'sa', 'han', 'nnea', 'ria', 's', 'kar', 'ter', 'bert', 'gne', 'sten', 'la', 'ktor'] as first_tails,
        ['Lind', 'Berg', 'Sjö', 'Ek', 'Gran', 'Hög', 'Ny', 'Sund', 'Wall', 'Åker', 'Dahl', 'Fors', 'Lund', 'Ros', 'Sand'] as heads,
        ['ar', 'en', 'in', 'a', 'o', 'u', 'er', 'el', 'is', 'on', 'um', 'e', 'an', 'or', 'il', 'et', 'ur'] as middles,
        ['ström', 'gren', 'qvist', 'son', 'man', 'dal', 'holm', 'sen', 'stad', 'näs', 'vik', 'ner', 'lund'] as tails
)
select
    person, home, country, currency, calling_code,
    first_heads[1 + dice('first head', person, 16)] || first_tails[1 + dice('first tail', person, 15)] as first_name,
    heads[1 + dice('head', home, 15)] || middles[1 + dice('middle', home, 17)] || tails[1 + dice('tail', home, 13)]
        || lower(heads[1 + dice('second head', home, 15)]) as last_name,
    case
        when person % 5000 < 6 then 'info@firm' || person // 5000 || '.example'
        else 'p' || person || '@' || ['mail.example', 'post.example', 'example.net'][1 + dice('domain', person, 3)]
    end as email,
    case when chance('has another address', person, 30) then 'p' || person || '.alt@example.org' end as other_email,
    '70' || lpad(cast(home as varchar), 8, '0') as own_digits,  -- longer than any number that rings
    date '1945-01-01' + cast(dice('birth', person, 60 * 365) as integer) as born_on,
    chance('account', person, 70) as has_account,
    chance('subscriber', person, 54) as is_subscriber,
    chance('card', person, 40) as has_card,
    chance('states a phone', person, 60) as has_phone,
    dice('joined', person, 24) as joined_month
from drawn inner join places using (place) cross join names;

-- As people write a number: with +, with 00, in their country's own way.
create macro written(calling_code, digits, key) as case dice('written', key, 3)
    when 0 then '+' || calling_code || ' ' || digits
    when 1 then '00' || calling_code || digits
    else '0' || left(digits, 2) || '-' || substr(digits, 3)
end;

create table web_orders as
select
    number, buyer.*,
    case when other_email is not null and chance('other', number, 15) then other_email
        when not chance('no address', number, 4) then email end as order_email,
    case when has_phone and chance('phone', number, 35) then written(calling_code, own_digits, 'o' || number) end as order_phone,
    dice('month', number, 24) as month,
    dice('fate', number, 100) as fate,  -- 0 pending, 1 voided, 2 refunded, 3 refunded in part, 4 cancelled
    1 + dice('lines', number, 7) as line_count,
    dice('code', number, 20) = 0 as has_code
from range(getvariable('people') * 3 // 2) as numbers (number)
inner join people as buyer
    on buyer.person = case
        when number % 2 = 0 then dice('buyer', number, getvariable('people'))
        else dice('buyer', number, getvariable('people')) * dice('again', number, getvariable('people')) // getvariable('people')
    end;

-- An export of a month also holds the month before's orders that were refunded since, as a newer version.
create view export_orders as
with
exported as (
    select *, false as is_later_version from web_orders where month = getvariable('month')
    union all
    select *, true from web_orders where month = getvariable('month') - 1 and fate in (2, 3)
),
lines as (
    select
        *, moment_in(month, 'placed', number) as placed_at,
        unnest(range(line_count)) as line,
        dice('sku', number || '/' || line, 4000) as sku,
        1 + dice('quantity', number || '/' || line, 4) as quantity
    from exported
),
priced as (
    select *, sum(quantity * price_of(sku)) over (partition by number) as goods from lines
),
headed as (
    select *, line = 0 as is_head, case when has_code then cast(goods / 10 as decimal(18, 2)) else 0 end as discount from priced
)
select
    '#' || 1000 + number as "Name",
    order_email as "Email",
    case when is_head then case
        when fate = 0 then 'pending' when fate = 1 then 'voided'
        when fate = 2 and is_later_version then 'refunded' when fate = 3 and is_later_version then 'partially_refunded'
        else 'paid'
    end end as "Financial Status",
    case when is_head and fate > 1 then placed_at + to_minutes(5) end as "Paid at",
    case when is_head then if(fate > 1, 'fulfilled', 'unfulfilled') end as "Fulfillment Status",
    case when is_head and fate > 1 then placed_at + to_days(2) end as "Fulfilled at",
    case when is_head then chance('accepts', number, 20) end as "Accepts Marketing",
    case when is_head then currency end as "Currency",
    case when is_head then cast(goods - discount as decimal(18, 2)) end as "Subtotal",
    case when is_head then cast(0 as decimal(18, 2)) end as "Shipping",
    case when is_head then cast(goods - discount as decimal(18, 2)) end as "Total",
    case when is_head and has_code then 'TEN' || number % 7 end as "Discount Code",
    case when is_head then cast(discount as decimal(18, 2)) end as "Discount Amount",
    placed_at as "Created at",
    cast(quantity as integer) as "Lineitem quantity",
    'ARTICLE ' || sku as "Lineitem name",
    cast(price_of(sku) as decimal(18, 2)) as "Lineitem price",
    if(sku < 40, 'POST', cast(sku as varchar)) as "Lineitem sku",
    case when is_head then first_name || ' ' || last_name end as "Billing Name",
    case when is_head then country end as "Billing Country",
    case when is_head then country end as "Shipping Country",
    case when is_head and fate = 4 then placed_at + to_days(1) end as "Cancelled at",
    case when is_head then cast(case
        when not is_later_version then 0 when fate = 2 then goods - discount when fate = 3 then (goods - discount) / 4 else 0
    end as decimal(18, 2)) end as "Refunded Amount",
    case when is_head then cast(5000000000000 + number as varchar) end as "Id",
    cast(0 as decimal(18, 2)) as "Lineitem discount",
    case when is_head then order_phone end as "Phone"
from headed
order by number, line;

create view export_customers as
select
    cast(7000000000000 + person as varchar) as "Customer ID",
    first_name as "First Name",
    last_name as "Last Name",
    case when not chance('account by phone', person, 3) then email end as "Email",
    chance('accepts', person, 30) as "Accepts Email Marketing",
    country as "Default Address Country Code",
    lpad(cast(home % 10000 as varchar), 5, '1') as "Default Address Zip",
    case when has_phone then written(calling_code, own_digits, 'a' || person) end as "Phone",
    chance('accepts sms', person, 10) as "Accepts SMS Marketing"
from people
where has_account and joined_month <= getvariable('month')
order by person;

create view newsletter_lists as
select
    *,
    if(other_email is not null and chance('list', person, 50), other_email, email) as list_email,
    case dice('list state', person, 20) when 0 then 'unsubscribed' when 1 then 'unsubscribed' when 2 then 'cleaned'
        else 'subscribed' end as list_state,
    moment_in(joined_month, 'opts in', person) as opted_in_at,
    moment_in(23, 'leaves', person) as left_at
from people
where is_subscriber and person % 5000 >= 6;

create view export_newsletter as
select
    list_state,
    if(chance('shouts', person, 2), upper(list_email), list_email) as "Email Address",
    first_name as "First Name",
    last_name as "Last Name",
    case when has_phone and chance('list phone', person, 30) then written(calling_code, own_digits, 'n' || person) end
        as "Phone Number",
    case when chance('birthday', person, 40) then strftime(born_on, '%m/%d') end as "Birthday",
    opted_in_at as "OPTIN_TIME",
    opted_in_at as "CONFIRM_TIME",
    if(list_state = 'subscribed', opted_in_at, left_at) as "LAST_CHANGED",
    country as "CC",
    left_at as "UNSUB_TIME",
    left_at as "CLEAN_TIME"
from newsletter_lists
order by person;

create view export_cards as
select
    'M' || lpad(cast(person as varchar), 8, '0') as member_card,
    first_name as given_name,
    last_name as surname,
    case when chance('born', person, 80) then born_on end as dob,
    case when has_phone then written(calling_code, own_digits, 'c' || person) end as phone,
    case when chance('card address', person, 50) then upper(email) end as email,
    cast(moment_in(joined_month, 'card', person) as date) as joined,
    country
from people
where has_card
order by person;

create table receipts as
select
    number, buyer.person, has_card, has_phone, country, calling_code, own_digits, email,
    dice('receipt month', number, 24) as month,
    dice('told', number, 100) as contact,  -- below 55 a card, 70 a phone, 80 an address, else nothing
    dice('store', number, 8) as store,
    1 + dice('receipt lines', number, 7) as line_count,
    chance('return', number, 4) as is_return
from range(getvariable('people')) as numbers (number)
inner join people as buyer on buyer.person = dice('till', number, getvariable('people'));

create view export_receipts as
with
lines as (
    select
        *, unnest(range(line_count)) as line,
        dice('receipt sku', number || '/' || line, 4000) as sku,
        (1 + dice('pieces', number || '/' || line, 3)) * if(is_return, -1, 1) as pieces
    from receipts where month = getvariable('month')
)
select
    'R' || lpad(cast(number as varchar), 8, '0') as receipt_no,
    country || store as store,
    cast(1 + number % 3 as varchar) as till,
    date_trunc('minute', moment_in(month, 'sold', number)) as sold_at,
    case when (contact >= 55 or not has_card) and contact < 70 and has_phone then written(calling_code, own_digits, 'r' || number) end
        as member_phone,
    case when contact between 70 and 79 then upper(email) end as member_email,
    case when contact < 55 and has_card then 'm' || lpad(cast(person as varchar), 8, '0') end as member_card,
    if(sku < 40, 'POST', cast(sku as varchar)) as sku,
    'ARTICLE ' || sku as item,
    cast(pieces as decimal(18, 4)) as qty,
    cast(price_of(sku) as decimal(18, 2)) as unit_price,
    cast(pieces * price_of(sku) as decimal(18, 2)) as line_total,
    if(is_return, 'return', 'sale') as kind,
    cast(line + 1 as integer) as line_no,
    country
from lines
order by sold_at, receipt_no, line_no;

-- A newsletter a month, each to half of the list; one event in a hundred is reported twice.
create view export_sendgrid as
with
mailed as (
    select
        person, lower(list_email) as email, getvariable('month') || '-' || person as send_key,
        month_start(getvariable('month')) + to_hours(24 * 4 + 8) + to_seconds(person % 7200) as sent_at,
        dice('answer', getvariable('month') || '-' || person, 1000) as answer
    from newsletter_lists
    where opted_in_at < month_start(getvariable('month') + 1) and chance('mailed', getvariable('month') || '-' || person, 97)
),
reported as (
    select *, unnest(case
        when answer < 10 then [('processed', 0), ('bounce', 60)]
        when answer < 350 then [('processed', 0), ('delivered', 3), ('open', 4000 + answer * 90)]
        when answer < 430 then [('processed', 0), ('delivered', 3), ('open', answer * 90), ('click', answer * 100)]
        when answer < 433 then [('processed', 0), ('delivered', 3), ('open', answer * 90), ('unsubscribe', answer * 95)]
        when answer < 434 then [('processed', 0), ('delivered', 3), ('spamreport', answer * 95)]
        else [('processed', 0), ('delivered', 3)]
    end) as event
    from mailed
),
events as (
    select
        *, event[1] as word, sent_at + to_seconds(event[2]) as happened_at,
        unnest(if(chance('told twice', send_key || event[1], 1), [0, 1], [0])) as repeat
    from reported
)
select
    email,
    happened_at as "timestamp",
    word as event,
    hex_id('event', send_key || word) as sg_event_id,
    hex_id('mail', send_key) || '.filterdrecv-p3mdw1-0-0.0' as sg_message_id,
    'nl-' || send_key as send_id,
    'newsletter-' || getvariable('month') as campaign,
    if(word = 'bounce', if(answer < 7, 'bounce', 'blocked'), null) as type,
    if(word = 'bounce', '550 no such mailbox', null) as reason,
    if(word = 'click', 'https://shop.example/p/' || answer, null) as url,
    if(word = 'open', answer % 3 = 0, null) as sg_machine_open
from events
order by happened_at, sg_event_id;

-- Two in three have a cookie, of four visits each; four in ten sign in once.
create table visits as
select
    person, number, dice('visit month', person || '/' || number, 24) as month,
    4 + dice('visit length', person || '/' || number, 4) as length, email,
    chance('answers', person, 80) as answers, chance('agrees', person, 70) as agrees, chance('signs in', person, 40) as signs_in,
    has_account
from people
cross join range(4) as numbers (number)
where chance('cookie', person, 62);

create view export_web as
with
events as (
    select
        *, moment_in(month, 'visit', person || '/' || number) as started_at,
        unnest(range(length)) as step, dice('kind', person || '/' || number || '/' || step, 10) as kind
    from visits where month = getvariable('month')
)
select
    hex_id('web', person || '/' || number || '/' || step) as "messageId",
    hex_id('cookie', person) as "anonymousId",
    if(signs_in and has_account, cast(7000000000000 + person as varchar), null) as "userId",
    case when step = 1 and number = 0 and signs_in then 'identify' when kind < 6 then 'page' else 'track' end as type,
    case when step = 1 and number = 0 and signs_in or kind < 6 then null
        else ['Product Viewed', 'Product Added', 'Products Searched', 'Product List Viewed'][kind - 5] end as event,
    if(step = 1 and number = 0 and signs_in, email, null) as "traits.email",
    if(step = 0 and answers, agrees, null) as "context.consent.categoryPreferences.analytics",
    started_at + to_seconds(step * 40) as "timestamp"
from events
order by "timestamp", "messageId";

create view export_reviews as
select
    'As described' as title,
    'Number ' || number as body,
    cast(1 + dice('stars', number, 5) as integer) as rating,
    moment_in(dice('review month', number, 24), 'review', number) as review_date,
    'Somebody' as reviewer_name,
    email as reviewer_email,
    'sku-' || dice('reviewed', number, 4000) as product_handle
from range(getvariable('people') // 10) as numbers (number)
inner join people on person = dice('reviewer', number, getvariable('people'))
order by number;

create view export_inbound as
select
    'SM' || md5('sms' || number) as "form.MessageSid",
    '+' || calling_code || own_digits as "form.From",
    '+447700900999' as "form.To",
    case when dice('word', number, 10) < 2 then 'STOP' when dice('word', number, 10) = 2 then 'Start.' else 'When do you open?' end
        as "form.Body",
    case when dice('word', number, 10) < 2 then 'STOP' end as "form.OptOutType",
    moment_in(dice('sms month', number, 24), 'sms', number) as received_at
from range(getvariable('people') // 20) as numbers (number)
inner join people on person = dice('texter', number, getvariable('people'))
order by received_at;

create view export_points as
select
    'opening-' || person as movement_id,
    'M' || lpad(cast(person as varchar), 8, '0') as member_card,
    cast(dice('points', person, 900) as integer) as points,
    'opening balance' as reason,
    moment_in(joined_month, 'card', person) as moved_at
from people
where has_card and chance('opening', person, 20)
order by person;
