-- The floor: the same public tables by one script for these files only, as somebody would write it who knows them.
-- Each column of each input is read once. Left out is what these files do not ask for: quarantine, repeats
-- that change no sum, receipts and lists exported twice, ids given by earlier runs.
create macro moment() as getvariable('as_of');
create macro day_of(file) as cast(regexp_extract(file, '(\d{4}-\d{2}-\d{2})') as timestamp);
create macro folded(name) as nullif(regexp_replace(strip_accents(lower(name)), '[^a-z]', '', 'g'), '');
create macro digits(phone, calling_code, bare) as case
    when starts_with(bare, '+') then substr(bare, 2)
    when starts_with(bare, '00') then substr(bare, 3)
    when starts_with(bare, '0') then calling_code || substr(bare, 2)
    else calling_code || bare
end;
create macro e164(phone, calling_code) as case
    when phone is not null then '+' || digits(phone, calling_code, regexp_replace(replace(phone, '(0)', ''), '[^0-9+]', '', 'g'))
end;
create macro skeleton(folded) as replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(substr(folded, 1, 1) || regexp_replace(substr(folded, 2), '[aeiouyhw]', '', 'g'), 'bb', 'b'), 'cc', 'c'),
    'dd', 'd'), 'ff', 'f'), 'gg', 'g'), 'kk', 'k'), 'll', 'l'), 'mm', 'm'),
    'nn', 'n'), 'pp', 'p'), 'rr', 'r'), 'ss', 's'), 'tt', 't'), 'vv', 'v'), 'zz', 'z');
create macro mailbox(email) as nullif(replace(split_part(split_part(email, '@', 1), '+', 1), '.', ''), '');
create macro whole(part, unit) as cast((part - part % unit) / unit as bigint);

create temp table countries as select * exclude (name) from read_csv(getvariable('seeds') || '/countries.csv');
create temp table rules as
select map(list(rule), list(amount)) as lifecycle from read_csv(getvariable('seeds') || '/lifecycle.csv');
create temp table consent_rules as select * exclude (note) from read_csv(getvariable('seeds') || '/consent_rules.csv');
create temp table identity_keys as from read_csv(getvariable('seeds') || '/identity_keys.csv');
create temp table words as
select word, any_value(meaning) as meaning from read_csv(getvariable('seeds') || '/inbound_words.csv') group by word;
create temp table placeholders as select told from read_csv(getvariable('seeds') || '/placeholder_birthdays.csv', all_varchar = true);
create temp table tiers as from read_csv(getvariable('seeds') || '/tiers.csv');
create temp table earning as from read_csv(getvariable('seeds') || '/earning_rules.csv');

---------- orders and lines

create temp table web_heads as
select
    'shopify:' || "Id" as order_id, "Name" as name, filename, file_row_number as first_row,
    lower("Email") as email, e164("Phone", calling_code) as phone, "Shipping Country" as country,
    "Financial Status" as payment_state, "Fulfillment Status" as fulfilment_state, heads."Currency" as currency,
    "Discount Code" as discount_code, "Subtotal" as subtotal, least("Refunded Amount", "Subtotal") as refund,
    "Created at" as ordered_at, "Paid at" as paid_at, "Fulfilled at" as fulfilled_at, "Cancelled at" as cancelled_at
from read_parquet(getvariable('landing') || '/shopify/orders_export*.parquet', filename = true, file_row_number = true) as heads
inner join countries on "Shipping Country" = country
where "Id" is not null and "Created at" <= moment()
qualify row_number() over (partition by "Id" order by filename desc) = 1;

create temp table lines as
with
drawn as (
    select
        web_heads.order_id, rows.file_row_number - web_heads.first_row + 1 as line_number,
        "Lineitem sku" as sku, "Lineitem name" as product, cast("Lineitem quantity" as decimal(18, 4)) as quantity,
        cast("Lineitem quantity" * "Lineitem price" - "Lineitem discount" as decimal(18, 4)) as line_total,
        null::varchar as email, null::varchar as phone, null::varchar as member_card, null::varchar as country,
        null::timestamp as sold_at, null::timestamp as received_at
    from read_parquet(
        getvariable('landing') || '/shopify/orders_export*.parquet', filename = true, file_row_number = true
    ) as rows
    inner join web_heads on rows."Name" = web_heads.name and rows.filename = web_heads.filename
    union all
    select
        'pos:' || store || '/' || till || '/' || receipt_no || '/' || strftime(sold_at, '%Y-%m-%d'), line_no,
        sku, item, qty, cast(line_total as decimal(18, 4)),
        lower(member_email), member_phone, upper(member_card), country, sold_at, day_of(filename)
    from read_parquet(getvariable('landing') || '/pos/receipts*.parquet', filename = true)
)
select
    drawn.*, (drawn.sku in (
        select sku
        from (select distinct sku from drawn) as skus
        inner join read_csv(getvariable('seeds') || '/line_patterns.csv') as codes
            on codes.field = 'sku' and regexp_full_match(lower(skus.sku), codes.pattern)
    )) is not true as is_product
from drawn;

create temp table facts as  -- an order each
with
summed as (
    select
        order_id,
        count(*) filter (is_product and quantity > 0) as product_line_count,
        arg_max(product, row(line_total, -line_number)) filter (is_product and quantity > 0) as top_product,
        sum(case when is_product then line_total else 0 end) as goods_total,
        sum(line_total) as net_total,
        sum(case when line_total > 0 then line_total else 0 end) as gross_total,
        -sum(case when line_total < 0 then line_total else 0 end) as refund_total,
        any_value(email) as email, any_value(phone) as phone, any_value(member_card) as member_card,
        any_value(country) as country, any_value(sold_at) as sold_at, any_value(received_at) as received_at
    from lines
    group by order_id
),
priced as (
    select
        summed.order_id, product_line_count, top_product, goods_total,
        web.order_id is null as is_receipt,
        if(is_receipt, summed.email, web.email) as email,
        if(is_receipt, e164(summed.phone, calling_code), web.phone) as phone,
        summed.member_card,
        coalesce(web.country, summed.country) as country,
        coalesce(web.currency, countries.currency) as currency,
        web.discount_code,
        coalesce(web.ordered_at, timezone('UTC', timezone(countries.time_zone, sold_at))) as ordered_at,
        if(is_receipt, timezone('UTC', timezone(countries.time_zone, sold_at)), web.fulfilled_at) as fulfilled_at,
        if(is_receipt, 'fulfilled', web.fulfilment_state) as fulfilment_state,
        coalesce(summed.received_at, day_of(web.filename)) as received_at,
        cast(coalesce(web.subtotal, gross_total) as decimal(18, 2)) as gross_total,
        cast(coalesce(web.refund, refund_total) as decimal(18, 2)) as refund_total,
        cast(case
            when is_receipt then summed.net_total
            when web.paid_at is null or web.cancelled_at <= moment() then 0
            else web.subtotal - web.refund
        end as decimal(18, 2)) as net_total
    from summed
    left join web_heads as web on summed.order_id = web.order_id
    inner join countries on coalesce(web.country, summed.country) = countries.country
)
from priced where ordered_at <= moment();

---------- events

create temp table mails as
select
    send_id, min(lower(email)) as address,
    min("timestamp") filter (event in ('processed', 'delivered')) as sent_at,
    max("timestamp") filter (event = 'click') as clicked_at,
    max("timestamp") filter (event = 'open' and sg_machine_open is not true) as opened_at,
    bool_or(event = 'bounce' and type = 'bounce') as is_bounced,
    min("timestamp") filter (event = 'bounce' and type = 'bounce') as bounced_at,
    min("timestamp") filter (event = 'spamreport') as complained_at,
    max("timestamp") filter (event in ('unsubscribe', 'spamreport')) as left_at
from read_parquet(getvariable('landing') || '/sendgrid/events*.parquet')
where "timestamp" <= moment()
group by send_id;

create temp table cookies as
select
    "anonymousId" as cookie,
    max("timestamp") as last_visited_at,
    arg_max(row(lower("traits.email"), "userId"), row("timestamp", "messageId")) filter (is_identified) as identity,
    max("timestamp") filter (is_identified) as identified_at
from (
    select *, type = 'identify' and ("traits.email" is not null or "userId" is not null) as is_identified
    from read_parquet(getvariable('landing') || '/web/segment_events*.parquet')
)
where "timestamp" <= moment()
group by "anonymousId"
having arg_max(
    "context.consent.categoryPreferences.analytics", row("timestamp", "messageId")
) filter ("context.consent.categoryPreferences.analytics" is not null);

create temp table inbound as
select
    "form.MessageSid" as inbound_id, "form.From" as phone, received_at as happened_at,
    coalesce(words.meaning, lower("form.OptOutType")) as meaning,
    words.word is null and "form.OptOutType" is null as is_reply
from read_parquet(getvariable('landing') || '/twilio/inbound*.parquet')
left join words on regexp_replace(lower("form.Body"), '[.!,\s]+$', '') = words.word
where received_at <= moment();

create temp table newsletter as
select
    lower("Email Address") as email, split_part(parse_filename(filename), '_', 1) as list_state,
    "First Name" as first_name, "Last Name" as last_name, e164("Phone Number", calling_code) as phone,
    nullif(replace("Birthday", '/', '-'), strftime("OPTIN_TIME", '%m-%d')) as birthday, "CC" as country,
    coalesce("CONFIRM_TIME", "OPTIN_TIME") as joined_at, "UNSUB_TIME" as left_at, "CLEAN_TIME" as cleaned_at
from read_parquet(getvariable('landing') || '/newsletter/*_members_export*.parquet', filename = true, union_by_name = true)
inner join countries on "CC" = country;

---------- who is who: one node per account, card, subscriber and distinct contact of orders and cookies

create temp table records as
with
accounts as (
    select "Customer ID" as shop_customer, * exclude ("Customer ID")
    from read_parquet(getvariable('landing') || '/shopify/customers_export*.parquet', filename = true)
    qualify row_number() over (partition by "Customer ID" order by filename desc) = 1
),
unioned as (
    select
        1 as trust, 'shop_customer:' || shop_customer as record_id, shop_customer, null::varchar as member_card,
        null::varchar as cookie, lower("Email") as email, e164("Phone", calling_code) as phone,
        "First Name" as first_name, "Last Name" as last_name, null::varchar as birthday, null::integer as birth_year, country,
        null::timestamp as happened_at, null::timestamp as last_at, 1 as record_count,
        "Accepts Email Marketing" as email_flag, "Accepts SMS Marketing" as sms_flag
    from accounts inner join countries on "Default Address Country Code" = country
    union all
    select
        2, 'member:' || upper(member_card), null, upper(member_card), null, lower(cards.email),
        e164(phone, calling_code), given_name, surname, strftime(dob, '%m-%d'), year(dob), country, cast(joined as timestamp), null, 1, null, null
    from read_parquet(getvariable('landing') || '/pos/members*.parquet') as cards
    inner join countries using (country)
    union all
    select
        3, 'newsletter:' || email, null, null, null, email, phone, first_name, last_name, birthday, null, country,
        joined_at, null, 1, null, null
    from newsletter
    union all
    select
        4, min('order:' || order_id), null, member_card, null, email, phone,
        null, null, null, null, arg_max(country, ordered_at), min(ordered_at), max(ordered_at), count(*), null, null
    from facts
    where email is not null or phone is not null or member_card is not null
    group by member_card, email, phone
    union all
    select 5, 'cookie:' || cookie, identity[2], null, cookie, identity[1], null, null, null, null, null, null, identified_at, null, 1, null, null
    from cookies where identity[1] is not null or identity[2] is not null
)
select
    row_number() over () as node,
    * replace (if(is_born, birthday, null) as birthday, if(is_born, birth_year, null) as birth_year), folded(first_name) as first_folded, folded(last_name) as last_folded,
    first_folded is null and last_folded is null and member_card is null and shop_customer is null and cookie is null
        as is_address_only
from (
    select
        *,
        timezone((select time_zone from countries where is_home), timezone('UTC', happened_at)) as typed_at,
        birthday not in (select told from placeholders) and birthday <> strftime(happened_at, '%m-%d')
        and birthday <> strftime(typed_at, '%m-%d')
        and (birth_year is null or birth_year::varchar not in (select told from placeholders)
            and birth_year || '-' || birthday not in (select told from placeholders)
            and birth_year || '-' || birthday < strftime(happened_at, '%Y-%m-%d')
            and birth_year || '-' || birthday > strftime(happened_at - to_months(12 * 121), '%Y-%m-%d')) as is_born
    from unioned
);

create temp table keyed as  -- no street is told here, and a postcode never beside a birthday
with
common_names as (
    select first_folded, last_folded
    from records where first_folded is not null and last_folded is not null and birthday is not null
    group by first_folded, last_folded having count(distinct birthday) > 5
),
described as (
    select
        records.*, skeleton(first_folded) as one, skeleton(last_folded) as other, birth_year || '-' || birthday as birth_date,
        least(one || '+' || other, other || '+' || one) as names, common_names.first_folded is null as is_rare
    from records left join common_names using (first_folded, last_folded)
),
written as (
    select
        node, record_count,
        unnest([1, 2, 3, 4, 5, 6, 7, 11, 11, 12]) as key_rank,
        unnest([
            shop_customer, member_card, email, phone || ' ' || names, phone || ' ' || one,
            birth_date || ' ' || names, birth_date || ' ' || mailbox(email),
            birth_date || ' ' || one || ' ' || left(other, 1),
            case when one <> other then birth_date || ' ' || other || ' ' || left(one, 1) end,
            case when is_rare then birthday || ' ' || names end
        ]) as key
    from described
),
held as (
    select
        key_rank, key, min(node) as hub,
        min(first_folded) < max(first_folded) or min(last_folded) < max(last_folded) or min(birth_year) < max(birth_year) as is_doubtful
    from written inner join records using (node)
    where key is not null
    group by key_rank, key having sum(written.record_count) > 1
),
shared as (
    select
        key_rank, key, len(list_distinct(list(left(first_folded, 3)) || list(left(last_folded, 3)))) as name_count,
        coalesce(min(mailbox(email)) < max(mailbox(email)), false) or coalesce(min(phone) < max(phone), false)
            or coalesce(min(member_card) < max(member_card), false)
            or coalesce(min(shop_customer) < max(shop_customer), false) as have_conflicting_ids,
        coalesce(min(birth_year) < max(birth_year), false) as have_birth_years
    from held inner join written using (key_rank, key) inner join records using (node) inner join identity_keys using (key_rank)
    where is_doubtful
    group by key_rank, key, most_names, most_names_told_apart, birth_years
    having name_count > most_names or have_conflicting_ids and name_count > most_names_told_apart
        or have_birth_years and (birth_years = 'one' or have_conflicting_ids and birth_years = 'one_if_told_apart')
)
select node, key_rank, hub from written inner join held using (key_rank, key) anti join shared using (key_rank, key);

create temp table edges as select distinct node as one, hub as other from keyed where node <> hub;

create temp table components as
with recursive
both_ways as (from edges union all select other, one from edges),
labels (node, label) using key (node) as (
    select one, min(least(one, other)) from both_ways group by one
    union
    select both_ways.other, min(labels.label)
    from labels
    inner join both_ways on labels.node = both_ways.one
    inner join recurring.labels as known on both_ways.other = known.node
    where labels.label < known.label
    group by both_ways.other
)
from labels;

create temp table linked as
with
labelled as (
    select
        records.node, records.phone, is_address_only and holding.node is null as is_alone,
        is_alone and email is null as is_phone_only,
        case
            when is_alone then min(records.node) over (partition by is_alone, coalesce(email, phone))
            else coalesce(components.label, records.node)
        end as component
    from records left join components using (node)
    left join (select distinct node from keyed) as holding on records.node = holding.node
),
holders as (
    select phone, min(component) as component
    from labelled where phone is not null and not is_phone_only
    group by phone having min(component) = max(component)
)
select labelled.node, coalesce(holders.component, labelled.component) as component
from labelled left join holders on labelled.is_phone_only and labelled.phone = holders.phone;

create temp table named as
with
written as (
    select node, 'shop_customer' as identifier_type, 1 as type_rank, shop_customer as identifier, happened_at, record_count, trust, record_id from records where shop_customer is not null
    union all
    select node, 'member_card' as identifier_type, 2 as type_rank, member_card as identifier, happened_at, record_count, trust, record_id from records where member_card is not null
    union all
    select node, 'email' as identifier_type, 3 as type_rank, email as identifier, happened_at, record_count, trust, record_id from records where email is not null
    union all
    select node, 'phone' as identifier_type, 4 as type_rank, phone as identifier, happened_at, record_count, trust, record_id from records where phone is not null
    union all
    select node, 'cookie' as identifier_type, 5 as type_rank, cookie as identifier, happened_at, record_count, trust, record_id from records where cookie is not null
),
identified as (
    select
        component, identifier_type, type_rank, identifier,
        min(happened_at) as identified_at, sum(record_count) as record_count,
        min(row(trust, record_id, node)) as trusted
    from written inner join linked using (node)
    group by component, identifier_type, type_rank, identifier
)
select *, count(*) over (partition by identifier_type, identifier) = 1 as is_own from identified;

create temp table persons as
with
firsts as (
    select
        component, arg_min(
            row(identifier_type || '|' || identifier, is_own),
            row(not is_own, coalesce(identified_at, timestamp '9999-01-01'), type_rank, identifier)
        ) as oldest
    from named group by component
),
held as (
    select component, min(record_id) as first_record_id, bool_and(is_address_only) as is_address_only
    from records inner join linked using (node) group by component
)
select
    component,
    left(md5(getvariable('salt') || '|' || if(oldest[2] or is_address_only, oldest[1], 'record|' || first_record_id)), 20)
        as customer_id
from firsts inner join held using (component);

create temp table people as
select records.*, persons.customer_id
from records inner join linked using (node) inner join persons using (component);

create table identifiers as
with
joined as (
    select component, identifier_type, identifier, min(key_rank) as key_rank
    from named inner join keyed on trusted[3] = keyed.node
    where key_rank <> case identifier_type when 'shop_customer' then 1 when 'member_card' then 2 when 'email' then 3 else 0 end
    group by component, identifier_type, identifier
)
select
    customer_id, identifier_type, identifier, identified_at, record_count,
    trusted[2] || coalesce(', joined by ' || key_name, '') as why
from named inner join persons using (component)
left join joined using (component, identifier_type, identifier)
left join identity_keys using (key_rank);

create table orders as
select
    order_id, customer_id, if(is_receipt, 'pos', 'shopify') as source, if(is_receipt, 'store', 'web') as order_channel,
    ordered_at, fulfilled_at, fulfilment_state, facts.country, gross_total, refund_total, net_total, currency, discount_code,
    net_total > 0 as is_kept, refund_total > 0 as is_return, product_line_count, top_product, received_at, goods_total
from facts
left join (select * from people where trust = 4) as contacts
    on facts.email is not distinct from contacts.email
    and facts.phone is not distinct from contacts.phone
    and facts.member_card is not distinct from contacts.member_card;

create table order_lines as
select order_id, line_number, customer_id, sku, product, quantity, line_total, is_product, currency, ordered_at
from lines inner join orders using (order_id);

---------- consent

create temp table addresses as
select customer_id, identifier as address, if(identifier_type = 'email', 'email', 'sms') as channel, record_count, identified_at
from identifiers where identifier_type in ('email', 'phone');

create temp table judged as
with
consent_events as (
    select email as address, 'email' as channel, 'opted_in' as event, 'newsletter' as source, joined_at as happened_at from newsletter
    union all
    select email, 'email', 'opted_out', 'newsletter', left_at from newsletter where list_state = 'unsubscribed'
    union all
    select email, 'email', 'bounced', 'newsletter', cleaned_at from newsletter where list_state = 'cleaned'
    union all
    select address, 'email', 'bounced', 'sendgrid', bounced_at from mails where is_bounced
    union all
    select address, 'email', 'complained', 'sendgrid', complained_at from mails where complained_at is not null
    union all
    select address, 'email', 'opted_out', 'sendgrid', left_at from mails where left_at is not null and complained_at is null
    union all
    select phone, 'sms', if(meaning = 'stop', 'opted_out', 'opted_in'), 'twilio', happened_at
    from inbound where meaning in ('stop', 'start')
),
summed as (
    select
        address, channel,
        arg_max(row(event, source, happened_at), row(happened_at, event)) filter (event in ('opted_in', 'opted_out')) as latest,
        min(happened_at) filter (event = 'bounced') as bounced_at,
        min(happened_at) filter (event = 'complained') as complained_at
    from consent_events where happened_at <= moment()
    group by address, channel
)
select
    address, channel, coalesce(latest[1], 'none') as consent_state, latest[2] as consent_source, latest[3] as captured_at,
    case
        when complained_at is not null then 'complained'
        when bounced_at is not null then 'bounced'
        when latest[1] = 'opted_out' then if(channel = 'sms', 'stopped', 'unsubscribed')
    end as reason,
    coalesce(complained_at, bounced_at, latest[3]) as since
from summed;

create table suppressions as
select address, channel, reason, since from judged where reason is not null;

create temp table soft as
with
bought as (
    select customer_id, arg_max(row(ordered_at, country, source), row(ordered_at, order_id)) as newest
    from orders where is_kept and customer_id is not null group by customer_id
),
shown as (
    select distinct customer_id, 'email' as channel, email as address from people where trust in (1, 2, 4) and email is not null
    union
    select distinct customer_id, 'sms', phone from people where trust in (1, 2, 4) and phone is not null
)
select
    customer_id, shown.channel, address, newest[1] as soft_at, newest[3] as soft_source,
    newest[1] + to_months(soft_opt_in_months) as soft_until
from shown
inner join bought using (customer_id)
inner join consent_rules on newest[2] = country and shown.channel = consent_rules.channel and is_soft_opt_in
where address not in (
    select identifier from identifiers where identifier_type in ('email', 'phone') group by identifier having count(*) > 1
);

create temp table weighed as
with
flags as (
    select distinct customer_id, email as address, 'email' as channel from people where email_flag
    union
    select distinct customer_id, phone, 'sms' from people where sms_flag
),
known as (
    select addresses.*, judged.* exclude (address, channel),
        bool_or(reason in ('unsubscribed', 'stopped', 'complained')) over (partition by customer_id, addresses.channel) as has_refused
    from addresses left join judged on addresses.address = judged.address and addresses.channel = judged.channel
)
select
    known.*,
    flags.address is not null and has_refused is not true and coalesce(consent_state, 'none') = 'none' as has_flag,
    case
        when reason is not null then 'opted_out'
        when consent_state = 'opted_in' or has_flag then 'opted_in'
        when has_refused then 'none'
        when soft_until > moment() then 'soft_opt_in'
        when soft_until is not null then 'expired'
        else 'none'
    end as state,
    state in ('soft_opt_in', 'expired') as is_soft, soft_at, soft_until, soft_source
from known left join flags using (customer_id, address, channel) left join soft using (customer_id, address, channel);

create table consents as
select
    customer_id, address, channel, 'marketing' as purpose, state,
    case when is_soft then 'soft_opt_in' when state = 'opted_in' then 'consent' end as basis,
    if(is_soft, soft_at, captured_at) as captured_at, if(is_soft, soft_until, null) as expires_at,
    case when is_soft then soft_source when has_flag then 'shopify' else consent_source end as source
from weighed where state <> 'none';

---------- what happened

create table customer_events as
with
emails as (select customer_id, identifier from identifiers where identifier_type = 'email')
select customer_id, 'order' as event, order_id as key, ordered_at as happened_at, received_at
from orders where is_kept and customer_id is not null
union all
select customer_id, 'return', order_id, ordered_at, received_at from orders where is_return and customer_id is not null
union all
select distinct
    customer_id, 'review', md5(reviewer_email || '|' || product_handle || '|' || review_date), review_date, day_of(filename)
from read_parquet(getvariable('landing') || '/reviews/judgeme_reviews*.parquet', filename = true)
inner join emails on lower(reviewer_email) = identifier
where review_date <= moment()
union all
select customer_id, 'click', send_id, clicked_at, clicked_at from mails inner join emails on address = identifier
where clicked_at is not null
union all
select customer_id, 'open', send_id, opened_at, opened_at from mails inner join emails on address = identifier
where opened_at is not null
union all
select customer_id, 'reply', inbound_id, happened_at, happened_at
from inbound inner join identifiers on phone = identifier and identifier_type = 'phone'
where is_reply;

---------- customers

create temp table sums as
select
    customer_id, count(*) as order_count, min(ordered_at) as first_at, max(ordered_at) as last_at,
    count(distinct ordered_on) as order_day_count,
    max(ordered_at) filter (ordered_on < newest_on) as previous_at,
    arg_max(row(order_id, currency), row(ordered_at, order_id)) as newest,
    sum(net_total) as net_total,
    case
        when count(distinct ordered_on) > 1
            then whole(date_sub('day', min(ordered_on), max(ordered_on)), count(distinct ordered_on) - 1)
    end as gap
from (
    select *, max(ordered_on) over (partition by customer_id) as newest_on
    from (
        select *, cast(timezone((select time_zone from countries where is_home), timezone('UTC', ordered_at)) as date) as ordered_on
        from orders where is_kept and customer_id is not null
    )
)
group by customer_id;

create temp table engagement as
with
replies as (
    select customer_id, max(happened_at) as replied_at from customer_events where event = 'reply' group by customer_id
),
ranked as (
    select
        identifiers.customer_id, sent_at,
        clicked_at is not null or opened_at is not null or coalesce(replied_at >= sent_at, false) as is_engaged,
        row_number() over (partition by identifiers.customer_id order by sent_at desc, send_id) as recency
    from mails
    inner join identifiers on address = identifier and identifier_type = 'email'
    left join replies on identifiers.customer_id = replies.customer_id
    where sent_at > moment() - to_days((select lifecycle['message_days'] from rules)::integer) and sent_at <= moment()
)
select
    customer_id, count(*) as message_count, min(recency) filter (is_engaged) as engaged_rank,
    map(list(recency), list(sent_at)) as sent
from ranked group by customer_id;

create temp table lifecycles as
with
visits as (
    select customer_id, max(last_visited_at) as last_visited_at
    from cookies inner join identifiers on cookie = identifier and identifier_type = 'cookie'
    group by customer_id
),
shop as (select quantile_disc(gap, 0.5) as median_gap from sums where gap is not null),
measured as (
    select
        sums.*, coalesce(gap, median_gap) as gap_days,
        date_sub('day', last_at, moment()) as quiet_days,
        least(greatest(lifecycle['gap_multiple'] * coalesce(gap, median_gap, 0), lifecycle['floor_days']), lifecycle['ceiling_days'])
            as lost_after_days,
        coalesce(message_count, 0) < lifecycle['fewest_messages'] as has_few_messages,
        coalesce(not has_few_messages and engaged_rank <= lifecycle['message_count'], false) as has_engaged_lately,
        coalesce(date_sub('day', last_visited_at, moment()) <= lifecycle['visit_days'], false) as has_visited_lately,
        sent[engaged_rank - lifecycle['message_count']] as silent_since,
        quiet_days >= lost_after_days and not has_engaged_lately and not has_visited_lately as is_lost,
        lifecycle
    from sums cross join shop cross join rules
    left join engagement using (customer_id) left join visits using (customer_id)
)
select
    customer_id, gap_days, quiet_days, lost_after_days, has_engaged_lately, has_visited_lately,
    case
        when is_lost then 'lost'
        when date_sub('day', previous_at, last_at) >= lost_after_days and quiet_days < lifecycle['back_days'] then 'back'
        when quiet_days * 100 > gap_days * lifecycle['late_gap_percent'] then 'late'
        else 'active'
    end as lifecycle_state,
    case when is_lost then if(has_few_messages, 'orders only', 'orders and messages') end as lost_reason,
    case when is_lost then greatest(last_at + to_days(lost_after_days::integer), if(has_few_messages, null, silent_since)) end as lost_at
from measured;

create temp table segments as
with
measured as (
    select
        customer_id, date_sub('day', last_at, moment()) as recency, net_total,
        row_number() over (order by order_count, customer_id) as place, count(*) over () as places
    from sums
),
edges as (
    select quantile_cont(recency, [0.2, 0.4, 0.6, 0.8]) as recencies from measured
),
scored as (
    select
        customer_id, 5 - len(list_filter(recencies, lambda edge: recency > edge)) as r,
        1 + len(list_filter([1, 2, 3, 4], lambda edge: 5 * (place - 1) > edge * (places - 1))) as f
    from measured cross join edges
)
select
    customer_id,
    case
        when r <= 2 and f <= 2 then 'hibernating' when r <= 2 and f <= 4 then 'at_risk' when r <= 2 then 'cant_loose'
        when r = 3 and f <= 2 then 'about_to_sleep' when r = 3 and f = 3 then 'need_attention'
        when r <= 4 and f >= 4 then 'loyal' when r = 4 and f = 1 then 'promising' when r = 5 and f = 1 then 'new'
        when f <= 3 then 'potential_loyalists' else 'champions'
    end as rfm_segment
from scored;

create temp table joined as
select
    customer_id, min(happened_at) as joined_at, min(happened_at) filter (trust = 2) as member_since,
    if(min(happened_at) filter (trust = 2) = min(happened_at), 'till', 'web') as joined_by
from people where trust in (2, 3) and happened_at is not null
group by customer_id;

create table customers as
with
profiles as (
    select
        customer_id,
        arg_min(first_name, row(trust, -epoch_us(coalesce(happened_at, timestamp '1900-01-01')), record_id)) filter (first_name is not null) as first_name,
        arg_min(last_name, row(trust, -epoch_us(coalesce(happened_at, timestamp '1900-01-01')), record_id)) filter (last_name is not null) as last_name,
        arg_min(country, row(trust, -epoch_us(coalesce(last_at, happened_at, timestamp '1900-01-01')), record_id)) filter (country is not null) as country
    from people group by customer_id
),
chosen as (
    select customer_id, channel, arg_min(address, row(
        state <> 'opted_in', state <> 'soft_opt_in', reason is not null, -record_count, -epoch_us(coalesce(identified_at, timestamp '1900-01-01')), address
    )) as address
    from weighed group by customer_id, channel
)
select
    customer_id, emails.address as email, phones.address as phone, first_name, last_name,
    home.country, home.locale, home.time_zone,
    coalesce(order_count, 0) as order_count, coalesce(order_day_count, 0) as order_day_count, coalesce(net_total, 0) as net_total, coalesce(newest[2], home.currency) as currency,
    first_at as first_ordered_at, last_at as last_ordered_at, newest[1] as last_kept_order_id,
    gap_days, quiet_days, lost_after_days, has_engaged_lately, has_visited_lately,
    coalesce(lifecycle_state, 'prospect') as lifecycle_state, lost_reason, lost_at, joined_at, joined_by, rfm_segment
from profiles
inner join countries as home on coalesce(profiles.country, (select country from countries where is_home)) = home.country
left join (from chosen where channel = 'email') as emails using (customer_id)
left join (from chosen where channel = 'sms') as phones using (customer_id)
left join sums using (customer_id)
left join lifecycles using (customer_id)
left join joined using (customer_id)
left join segments using (customer_id);

---------- the programme

create table points_movements as
with
earned as (
    select
        'order:' || order_id as movement_id, customer_id,
        cast(whole(if(
            net_total > 0, greatest(least(net_total, goods_total), 0), least(greatest(net_total, goods_total), 0)
        ), amount_per_point) as integer) as points,
        if(net_total < 0, 'return', 'purchase') as reason, ordered_at as moved_at,
        if(net_total < 0, ordered_at, ordered_at + to_days(14)) as active_at
    from orders inner join joined using (customer_id) inner join earning using (currency)
    where net_total <> 0 and ordered_at >= member_since
)
from earned where points <> 0
union all
select movement_id, customer_id, points, reason, moved_at, moved_at
from read_parquet(getvariable('landing') || '/programme/points_movements*.parquet')
inner join identifiers on upper(member_card) = identifier and identifier_type = 'member_card'
where moved_at <= moment();

create table memberships as
with
years as (
    select
        customer_id, member_since,
        member_since + to_days(cast(whole(date_sub('day', member_since, moment()), 365) * 365 as integer)) as year_started_at
    from joined where member_since is not null
),
summed as (
    select
        customer_id, member_since, year_started_at,
        coalesce(sum(points) filter (active_at <= moment()), 0) as points_balance,
        coalesce(sum(points) filter (active_at > moment()), 0) as points_pending,
        coalesce(sum(points) filter (moved_at >= year_started_at), 0) as year_points,
        coalesce(sum(points) filter (moved_at >= year_started_at - to_days(365) and moved_at < year_started_at), 0) as last_year_points
    from years left join points_movements using (customer_id)
    group by customer_id, member_since, year_started_at
),
placed as (
    select summed.*, max(position) as position
    from summed inner join tiers on greatest(year_points, last_year_points, 0) >= from_points
    group by all
)
select
    customer_id, member_since, year_started_at, year_started_at + to_days(365) as year_ends_at,
    tiers.tier, next_tiers.tier as next_tier, points_balance, points_pending, year_points,
    next_tiers.from_points - year_points as points_to_next_tier
from placed inner join tiers using (position) left join tiers as next_tiers on placed.position + 1 = next_tiers.position;
