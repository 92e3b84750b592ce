"""The exports of each source of the demo shop: one query per file, over the tables of tables_sql.py.

A query gives the file's columns in order; a query of one column named `line` is written as it stands.
"""

from stammis.demo import costs, programme, visits
from stammis.demo.names import SHOP_NUMBER
from stammis.demo.people import (
    BOUNCED,
    CLEANED,
    COMPLAINED,
    PLAIN_LETTERS,
    SUBSCRIBED,
    SWAPPED,
    TILL_CARD,
    TILL_EMAIL,
    TILL_PHONE,
    TYPO,
    UNSUBSCRIBED,
)
from stammis.demo.shopify import SHOPIFY_CUSTOMERS, SHOPIFY_ORDERS, SHOPIFY_PRODUCTS


def newsletter(states: tuple[int, ...], more: str = "") -> str:
    """The query of one of the newsletter's three files; a person's state decides the file."""
    return f"""
select
    case when person % 20 = 3 then upper(email[1]) || substr(email, 2) else email end as "Email Address",
    list_first_name as "First Name",
    list_last_name as "Last Name",
    case when list_phone then written(nsn, dial, code, person + 1) end as "Phone Number",
    case when gives_birthday then strftime(birthday, '%m/%d') end as "Birthday",
    1 + person * 7 % 5 as "MEMBER_RATING",
    utc(opted_in_at) as "OPTIN_TIME",
    '203.0.113.' || (1 + person % 250) as "OPTIN_IP",
    utc(opted_in_at) as "CONFIRM_TIME",
    '203.0.113.' || (1 + person % 250) as "CONFIRM_IP",
    null as "LATITUDE", null as "LONGITUDE", null as "GMTOFF", null as "DSTOFF", null as "TIMEZONE",
    code as "CC",
    null as "REGION",
    utc(changed_at) as "LAST_CHANGED",
    300000 + person as "LEID",
    left(md5('list ' || person), 10) as "EUID",
    null as "NOTES",
    '"' || ['newsletter', 'store-signup', 'checkout'][1 + person % 3] || '"' as "TAGS",
    {more}
from listed
where list_state in {(*states, -1)}
order by person
"""


CAMPAIGN = "utc(changed_at) as {0}_TIME, 'Monthly news' as {0}_CAMPAIGN_TITLE, 9001 + person % 9 as {0}_CAMPAIGN_ID,"

RECEIPTS = f"""
select
    receipt_no,
    store,
    till_number as till,
    strftime(wall(sold_at, zone), '%d.%m.%Y %H:%M') as sold_at,
    case when till_key = {TILL_PHONE} then written(nsn, dial, code, person + 2) end as member_phone,
    case when till_key = {TILL_EMAIL} then upper(email) end as member_email,
    case when till_key = {TILL_CARD} then member_card end as member_card,
    sku,
    product_name as item,
    quantity as qty,
    replace(money(price), '.', ',') as unit_price,
    replace(money(quantity * price), '.', ',') as line_total,
    case when quantity < 0 then 'return' else 'sale' end as kind,
    line_no,
    code as country,
from orders join people using (person) join lines using (number)
where in_store
order by orders.sold_at, number, line_no
"""

MEMBERS = f"""
select
    member_card,
    case till_slip
        when {SWAPPED} then last_name
        when {PLAIN_LETTERS} then plain(first_name)
        else first_name
    end as given_name,
    case till_slip
        when {TYPO} then mistyped(last_name, person)
        when {SWAPPED} then first_name
        when {PLAIN_LETTERS} then plain(last_name)
        else last_name
    end as surname,
    case when gives_birthday or person % 3 > 0 then birth_year || strftime(birthday, '%m%d') end as dob,
    case when has_phone then written(nsn, dial, code, person + 3) end as phone,
    case when card_email then email end as email,
    lower(address) as street,
    lower(city_name) as city,
    zip as postcode,
    strftime(wall(card_at, zone), '%d.%m.%Y') as joined,
    code as country,
from card_holders
order by person
"""

SENDGRID = """
with listed as (
    select *, 1 as delivery from events
    union all
    select *, 2 from events where (person * 104729 + happened_at * 7919) % 9973 < 200
), worded as (
    select
        listed.*,
        email,
        md5('newsletter ' || person || ' ' || number) as digest,
        ', "useragent": "Mozilla/5.0", "ip": "203.0.113.' || (1 + person % 250) || '"' as reader,
        case event
            when 'open' then reader || ', "sg_machine_open": ' || is_machine
            when 'click'
            then ', "url": "https://lindvall.example/nyheter?utm_campaign=' || campaign || '"' || reader
            when 'delivered' then ', "response": "250 OK"'
            when 'deferred' then ', "response": "451 4.7.1 try again later", "attempt": "1"'
            when 'bounce' then case outcome
                when 'blocked'
                then ', "reason": "452 4.2.2 mailbox full", "status": "4.2.2", "type": "blocked"'
                else ', "reason": "550 5.1.1 The email account that you tried to reach does not exist"'
                    || ', "status": "5.1.1", "type": "bounce"' end
            else ''
        end as more,
    from listed join people using (person)
)
select
    '{"email": "' || email
    || '", "sg_message_id": "' || left(digest, 22) || '.filterdrecv-p3mdw1-0-0.0'
    || '", "smtp-id": "<' || right(digest, 22) || '@ismtpd>", "category": ["newsletter"]'
    || ', "send_id": "nl-' || number || '-' || person
    || '", "campaign": "newsletter-' || campaign // 100 || '-' || lpad((campaign % 100)::varchar, 2, '0')
    || '", "event": "' || event || '", "timestamp": ' || happened_at
    || ', "sg_event_id": "' || left(md5(event || is_machine || digest), 22) || '"' || more || '}' as line,
from worded
-- the provider tells of a quarter of an hour at a time, in any order, and of some events twice
order by
    happened_at // 900 + 2 * (delivery - 1), (person * 7919 + happened_at * 31) % 9973, person, number, event,
    is_machine, delivery
"""

TWILIO = f"""
with texted as (
    select *, 'SM' || md5('text ' || person || received_at) as sid from inbound
)
select
    '{{"received_at": "' || strftime(make_timestamp(received_at * 1000000), '%Y-%m-%dT%H:%M:%SZ')
    || '", "form": {{"ToCountry": "SE", "ToState": "", "SmsMessageSid": "' || sid
    || '", "NumMedia": "0", "ToCity": "", "FromZip": "", "SmsSid": "' || sid
    || '", "FromState": "", "SmsStatus": "received", "FromCity": "", "Body": "' || body
    || '", "FromCountry": "' || code || '", "To": "{SHOP_NUMBER}'
    || '", "MessagingServiceSid": "MG00000000000000000000000000000000", "ToZip": ""'
    || ', "NumSegments": "1", "MessageSid": "' || sid
    || '", "AccountSid": "AC00000000000000000000000000000000", "From": "' || phone
    || '", "ApiVersion": "2010-04-01"'
    || case when upper(body) in ('STOP', 'START') then ', "OptOutType": "' || upper(body) || '"' else '' end
    || '}}}}' as line,
from texted
order by received_at, sid
"""

REVIEWS = """
select
    case when number % 6 > 0 then said[1] end as title,
    said[2] as body,
    said[3] as rating,
    utc(reviewed_at) || ' UTC' as review_date,
    'web' as source,
    'ok' as curated,
    coalesce(first_name || ' ', '') || left(last_name, 1) || '.' as reviewer_name,
    case when number % 5 > 0 then email end as reviewer_email,
    null as product_id,
    lower(sku) as product_handle,
    null as reply, null as reply_date, null as picture_urls,
    '203.0.113.5' as ip_address,
    code as location,
from reviews join people using (person) join lines using (number)
where line_no = 1
order by reviewed_at, number
"""

FILES = {
    "shopify/orders_export_1.csv": SHOPIFY_ORDERS,
    "shopify/customers_export.csv": SHOPIFY_CUSTOMERS,
    "shopify/products_export_1.csv": SHOPIFY_PRODUCTS,
    "newsletter/subscribed_members_export.csv": newsletter((SUBSCRIBED, COMPLAINED, BOUNCED)),
    "newsletter/unsubscribed_members_export.csv": newsletter(
        (UNSUBSCRIBED,), CAMPAIGN.format("UNSUB") + " 'NORMAL' as UNSUB_REASON, null as UNSUB_REASON_OTHER"
    ),
    "newsletter/cleaned_members_export.csv": newsletter((CLEANED,), CAMPAIGN.format("CLEAN")),
    "pos/receipts.csv": RECEIPTS,
    "pos/members.csv": MEMBERS,
    "sendgrid/events.jsonl": SENDGRID,
    "twilio/inbound.jsonl": TWILIO,
    "reviews/judgeme_reviews.csv": REVIEWS,
    "programme/points_movements.csv": programme.EXPORT,
    "web/segment_events.jsonl": visits.EXPORT,
    "ads/spend.csv": costs.SPEND_EXPORT,
    "prices/messages.csv": costs.PRICES_EXPORT,
    "surveys/answers.csv": costs.ANSWERS_EXPORT,
}
