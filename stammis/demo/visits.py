"""Generates what browsers did in the demo's web shop, as Segment collects it.

A visit belongs to an order, or to a stranger who bought nothing; most cookies never said what they agree to.
Of the cookies that somebody signed in with, four in ten agreed to be recognised.
"""

VISITS = """
create table visits as
with bought as (
    select
        orders.person, number, has_account, email, shop_customer, sku, sold_at,
        left(md5('cookie ' || orders.person || case when number % 3 = 0 then ' phone' else ' desk' end), 24) as cookie,
        (orders.person * 7919 + case when number % 3 = 0 then 3 else 0 end) % 10 as answer,
    from orders join people using (person) join lines using (number)
    where not in_store and net > 0 and line_no = 1
), called as (
    select *, 'page' as type, sold_at - 600 as happened_at from bought
    union all
    select *, 'track', sold_at - 420 from bought
    union all
    select *, 'identify', sold_at - 60 from bought where has_account
    union all
    select
        person, number, false, null, null, sku, sold_at, left(md5('stranger ' || number), 24), 9 - number % 23, type,
        sold_at - 90000 - number * 7919 % 400000
    from bought cross join (values ('page'), ('track')) as calls (type)
    where number % 2 = 0
)
select
    person, number, cookie, type, happened_at, sku, email, shop_customer,
    case
        when answer between 0 and 3 then 'true'
        when answer = 9 and has_account then 'false'
    end as consent,
    left(md5(type || cookie || number), 22) as message,
from called
"""

EXPORT = """
with seen as (
    select *, 1 as delivery from visits
    union all
    select *, 2 from visits where message < '03'
), placed as (
    select seen.*, case type when 'page' then '/' else '/products/' || lower(sku) end as path from seen
)
select
    '{"anonymousId": "' || cookie || '", "messageId": "' || message
    || '", "timestamp": "' || strftime(make_timestamp(happened_at * 1000000), '%Y-%m-%dT%H:%M:%S.000Z')
    || '", "context": {"ip": "203.0.113.' || (1 + number % 250) || '", "locale": "sv-SE", "page": {"path": "' || path
    || '", "url": "https://lindvall.example' || path || '"}'
    || coalesce(', "consent": {"categoryPreferences": {"analytics": ' || consent || '}}', '')
    || '}, "type": "' || type || '", '
    || case type
        when 'page' then '"name": "Home", "properties": {"path": "/", "url": "https://lindvall.example/"}'
        when 'track' then '"event": "Product Viewed", "properties": {"sku": "' || sku || '"}'
        else '"userId": "' || shop_customer || '", "traits": {"email": "' || email || '"}'
    end || '}' as line,
from placed
order by happened_at + 900 * (delivery - 1), message, delivery
"""

TABLES = (VISITS,)
