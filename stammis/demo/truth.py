"""Computes the truth about the demo shop: who is who, who may get messages, and what each journey should find.

The rules are written down here a second time, on purpose apart from the product's models. Assumed of the
journeys: review_request asks by e-mail and leaves out whom it is too late to ask; win_back writes an e-mail,
else an SMS, and takes up everybody lost before it began. The daily drip, holdout, caps and what the ledger
knows come after this.
"""

from stammis.demo import expected, programme
from stammis.demo.people import (
    BOUNCED,
    CLEANED,
    COMPLAINED,
    DAY,
    NOT_LISTED,
    NOW,
    SUBSCRIBED,
    TILL_EMAIL,
    TILL_NOTHING,
    TILL_PHONE,
    UNSUBSCRIBED,
    VOIDED,
)
from stammis.demo.plants import REVIEW_WAIT_DAYS, REVIEW_WAIT_DAYS_STORE

INSIDE_DAYS = 14
MAX_AGE_DAYS = 3
LOST_DAYS = 365
LAST_MESSAGES = 8

# Which identifiers of a person any export shows.
IDENTIFIERS = f"""
create table identifiers as
with ordered as (
    select
        person,
        bool_or(not in_store) as in_web,
        bool_or(not in_store and shows_phone) as in_web_with_phone,
        bool_or(in_store) as in_store,
    from orders group by person
), seen as (
    select
        person.*,
        has_account or list_state > {NOT_LISTED} or (has_card and card_email) or in_web
            or (in_store and till_key = {TILL_EMAIL}) as shows_email,
        has_phone and (
            has_account or (list_state > {NOT_LISTED} and list_phone) or has_card or in_web_with_phone
            or (in_store and till_key = {TILL_PHONE})
        ) as shows_phone,
    from people as person left join ordered using (person)
)
select person, person_id, 'email' as key_type, email as key from seen where shows_email
union all
select person, person_id, 'member_card', member_card from seen where has_card
union all
select person, person_id, 'phone', phone from seen where shows_phone
union all
select person, person_id, 'shopify_customer', shop_customer::varchar from seen where has_account
"""

CONSENTS = f"""
create table consents as
with known as (
    select
        person,
        bool_or(event = 'bounce' and outcome = 'bounce') as has_bounced,
        bool_or(event = 'spamreport') as has_complained,
    from events group by person
), stopped as (
    select phone, arg_max(upper(trim(body, '.')) in ('STOP', 'STOPP'), received_at) as is_stopped
    from inbound
    where upper(trim(body, '.')) in ('STOP', 'STOPP', 'START')
    group by phone
), stated as (
    select
        person.*,
        'email' in (select key_type from identifiers where identifiers.person = person.person) as has_email,
        case
            when has_complained then 'complained'
            when has_bounced or list_state = {CLEANED} then 'hard_bounced'
            when list_state = {UNSUBSCRIBED} then 'opted_out'
            when list_state > {NOT_LISTED} then 'opted_in'
            when email_flag and has_account then 'opted_in'
            else 'none'
        end as email_state,
        case when list_state in ({SUBSCRIBED}, {COMPLAINED}, {BOUNCED}) then opted_in_at
            when list_state > {NOT_LISTED} then listed.changed_at end as email_state_at,
        case when is_stopped then 'opted_out' when has_sms then 'opted_in' else 'none' end as sms_state,
    from people as person
    left join known using (person)
    left join stopped using (phone)
    left join (select person, changed_at from listed) as listed using (person)
)
select
    *,
    -- what a promotion may use, the e-mail first; else why not
    case when has_email and email_state = 'opted_in' then 'email' when sms_state = 'opted_in' then 'sms' end
        as marketing_channel,
    case
        when marketing_channel is not null then null
        when not has_email then 'no_address'
        when email_state in ('hard_bounced', 'complained', 'opted_out') then 'suppressed'
        else 'no_consent'
    end as marketing_reason,
from stated
"""
REVIEW_REQUESTS = f"""
create table review_requests as
with asked as (
    select
        orders.*,
        consents.* exclude (person, person_id),
        case
            when in_store then sold_at + {REVIEW_WAIT_DAYS_STORE * DAY}
            when sent_at > 0 then sent_at + (transit_days + {REVIEW_WAIT_DAYS}) * {DAY}
        end as asked_at,
        net <= 0 or number in (select returns_number from orders where returns_number > 0) as is_returned,
    from orders join consents using (person)
    where returns_number is null and status < {VOIDED} and (not in_store or till_key > {TILL_NOTHING})
)
select
    person_id,
    'review_request' as journey,
    'ask' as step,
    invoice as entry,
    case
        when asked_at is null then 'unfulfilled'
        when is_returned then 'returned'
    end as outside,
    case
        when outside is not null then outside
        when asked_at <= {NOW - MAX_AGE_DAYS * DAY} then 'too_old'
        when not has_email then 'no_address'
        when email_state in ('hard_bounced', 'complained', 'opted_out') then 'suppressed'
        when email_state = 'none' then 'no_consent'
    end as reason,
    'email' as channel,
    email as address,
    plant_name,
from asked
where coalesce(plant_name, '') like 'review%' or asked_at between {NOW - INSIDE_DAYS * DAY} and {NOW}
"""

WIN_BACKS = f"""
create table win_backs as
with last_kept as (
    select person, max(sold_at) as sold_at, arg_max(invoice, sold_at) as invoice
    from orders join people using (person)
    where net > 0 and returns_number is null and (not in_store or till_key > {TILL_NOTHING})
    group by person
), messages as (
    select person, number, bool_or(event = 'click' or (event = 'open' and not is_machine)) as is_touched
    from events
    where sent_at > {NOW - LOST_DAYS * DAY}
    group by person, number
    qualify row_number() over (partition by person order by min(sent_at) desc) <= {LAST_MESSAGES}
), interest as (
    select person, count(*) >= 3 and bool_or(is_touched) as is_engaged from messages group by person
), weighed as (
    select
        consents.*,
        invoice,
        sold_at + {LOST_DAYS * DAY} as lost_at,
        case
            when lost_at > {NOW} then 'bought_recently'
            when is_engaged then 'engaged'
        end as outside,
    from last_kept join consents using (person) left join interest using (person)
)
select
    person_id,
    'win_back' as journey,
    'your_code' as step,
    invoice as entry,
    outside,
    coalesce(outside, marketing_reason) as reason,
    marketing_channel as channel,
    case channel when 'email' then email when 'sms' then phone end as address,
    plant_name,
from weighed
where coalesce(plant_name, '') like 'win_back%' or lost_at <= {NOW}
"""

EXPECTED = """
select
    person_id, journey, step, entry,
    outside is null as inside,
    reason is null as due,
    reason,
    case when reason is null then channel end as channel,
    case when reason is null then address end as address,
    plant_name as plant,
from (
    select * from review_requests
    union all select * from win_backs
    union all select * from welcomes
    union all select * from second_purchases
    union all select * from tier_nudges
)
order by journey, person_id, entry
"""

CONSENT_LINES = """
with known as (
    select
        *,
        row_number() over (order by person) as line_no,
        count(*) over () as line_count,
        case when email_state_at is null then 'null' else '"' || utc(email_state_at) || '"' end as told_at,
    from consents
)
select
    case when line_no = 1 then '{' else '' end
    || '"' || person_id || '": {"email": "' || email || '", "email_state": "' || email_state
    || '", "email_state_at": ' || told_at
    || ', "phone": ' || case when has_phone then '"' || phone || '"' else 'null' end
    || ', "sms_state": "' || sms_state
    || '", "shopify_email_flag": "' || case when email_flag then 'yes' else 'no' end
    || '", "shopify_sms_flag": "' || case when has_sms then 'yes' else 'no' end || '"}'
    || case when line_no = line_count then '}' else ',' end as line,
from known
order by line_no
"""

SUPPRESSED = """
select '{"emails": ' || coalesce(to_json(list(distinct email order by email)
        filter (email_state in ('opted_out', 'hard_bounced', 'complained')))::varchar, '[]')
    || ', "phones": ' || coalesce(to_json(list(distinct phone order by phone)
        filter (sms_state = 'opted_out'))::varchar, '[]') || '}' as line
from consents
"""

HOUSEHOLDS = """
select sharing.person_id, owner.person_id as shares_phone_with
from people as sharing join people as owner on owner.person = sharing.phone_of
where sharing.person <> owner.person
order by sharing.person
"""

ORDERS = """
select
    orders.person_id, invoice,
    case when not in_store then 'online' when returns_number is null then 'pos' else 'pos_return' end
        as channel,
    utc(orders.sold_at) as ts,
    money(net) as net_amount,
    currency,
    count(*) as lines,
    min_by(sku, line_no) as first_sku,
from orders join people using (person) join lines using (number)
group by all
order by ts, invoice
"""

TABLES = (IDENTIFIERS, CONSENTS, REVIEW_REQUESTS, WIN_BACKS, *expected.TABLES, programme.TIER_NUDGES)
FILES = {
    "identity.csv": "select person_id, key_type, key from identifiers order by person_id, key_type, key",
    "households.csv": HOUSEHOLDS,
    "orders.csv": ORDERS,
    "consent.json": CONSENT_LINES,
    "suppressed.json": SUPPRESSED,
    "expected.csv": EXPECTED,
}

# the whole shop in figures, one row; amounts of different currencies are added up as they stand
SUMMARY = """
select
    (select count(*) from people) as persons,
    (select sum(net) from orders) / 100 as net_revenue,
    (select count(*) from orders where returns_number is null) as orders,
    (select count(*) from people where has_account) as customers,
    (select count(*) from people where has_card) as members,
    (select count(*) from events) as sendgrid_unique,
"""
