"""Computes what welcome and second_purchase should find in the demo shop, without the product's models."""

from stammis.demo.people import DAY, NOT_LISTED, NOW, TILL_NOTHING, VOIDED
from stammis.demo.plants import LEAST_OF_A_KIND, SECOND_GAP_PERCENT

MAX_AGE_DAYS = 3
WELCOME_DAYS, SECOND_DAYS = 21, 30

# Joining promises a gift: it needs an address that may still be used, not a consent, and is given once a person.
WELCOMES = f"""
create table welcomes as
with joined as (
    select
        consents.*,
        least(
            case when has_card then member_since end,
            case when list_state > {NOT_LISTED} then opted_in_at end
        ) as joined_at,
        email_state in ('hard_bounced', 'complained', 'opted_out') as is_closed,
        case
            when has_email and not is_closed then 'email'
            when shown.person is not null and sms_state <> 'opted_out' then 'sms'
        end as best,
    from consents
    left join members using (person)
    left join (select person from identifiers where key_type = 'phone') as shown on shown.person = consents.person
)
select
    person_id,
    'welcome' as journey,
    'gift' as step,
    'joined' as entry,
    null::varchar as outside,
    case
        when joined_at <= {NOW - MAX_AGE_DAYS * DAY} then 'too_old'
        when best is null and not has_email then 'no_address'
        when best is null then 'suppressed'
    end as reason,
    best as channel,
    case best when 'email' then email when 'sms' then phone end as address,
    plant_name,
from joined
where joined_at > {NOW - WELCOME_DAYS * DAY}
"""

# Orders of one day are one purchase, and the day is that of the demo's home country.
SECOND_PURCHASES = f"""
create table second_purchases as
with kept as (
    select
        person, count(distinct wall(sold_at, 'Europe/London')::date) as many,
        date_diff('day', wall(min(sold_at), 'Europe/London'), wall(max(sold_at), 'Europe/London')) as span,
        max(sold_at) as last_at, arg_max(invoice, (sold_at, invoice)) as invoice
    from orders join people using (person)
    where net > 0 and status < {VOIDED} and returns_number is null and (not in_store or till_key > {TILL_NOTHING})
    group by person
), mains as (
    select person, kind, row_number() over (
        partition by person order by sold_at desc, number desc, quantity * price desc, line_no
    ) as worth_rank
    from orders join people using (person) join lines using (number)
    where net > 0 and status < {VOIDED} and returns_number is null and (not in_store or till_key > {TILL_NOTHING})
), gaps as (
    select kind, span // (many - 1) as gap from kept join mains using (person) where many >= 2 and worth_rank = 1
), rhythm as (
    select quantile_disc(gap, 0.5) as gap from gaps
), kind_rhythms as (
    select kind, quantile_disc(gap, 0.5) as gap from gaps group by kind having count(*) >= {LEAST_OF_A_KIND}
), returned as (
    select person, max(sold_at) as returned_at
    from orders
    where returns_number is not null or refunded > 0
    group by person
), weighed as (
    select
        consents.*, invoice,
        last_at + coalesce(kind_rhythms.gap, rhythm.gap) * {SECOND_GAP_PERCENT} // 100 * {DAY} as entered_at,
        case
            when many > 1 then 'bought_again'
            when returned_at > last_at then 'returned'
            when entered_at > {NOW} then 'too_early'
            when entered_at <= {NOW - SECOND_DAYS * DAY} then 'too_late'
        end as outside,
    from kept cross join rhythm join consents using (person)
    join (select person, kind from mains where worth_rank = 1) as main using (person)
    left join kind_rhythms using (kind)
    left join returned using (person)
)
select
    person_id,
    'second_purchase' as journey,
    'come_back' as step,
    invoice as entry,
    outside,
    case
        when outside is not null then outside
        when entered_at <= {NOW - MAX_AGE_DAYS * DAY} then 'too_old'
        when marketing_channel is null then marketing_reason
    end as reason,
    marketing_channel as channel,
    case channel when 'email' then email when 'sms' then phone end as address,
    plant_name,
from weighed
where outside is null or starts_with(coalesce(plant_name, ''), 'second_')
"""

TABLES = (WELCOMES, SECOND_PURCHASES)
