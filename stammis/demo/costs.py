"""Generates what the demo shop pays for advertising and messages, and what buyers answered when they were asked."""

ADS = """
create table ad_spend as
with days as (
    select unnest(generate_series(date '2023-12-11', make_timestamp(getvariable('horizon')::bigint * 1000000)::date
        - interval 1 day, interval 1 day))::date as day
), campaigns as (
    select * from (values
        ('google', 'shopping', 41, 9000), ('google', 'brand', 23, 1500), ('meta', 'prospecting', 57, 12000),
        ('meta', 'retargeting', 31, 4000)
    ) as campaigns (platform, campaign, step, usual)
), seen as (
    select
        *,
        -- more before Christmas, and never twice the same
        usual * case when month(day) >= 11 then 2 else 1 end
            * (80 + (epoch(day)::bigint // 86400 * step) % 41) // 100 as impressions
    from days cross join campaigns
)
select *, impressions * (10 + step % 7) // 1000 as clicks, impressions * (300 + step) // 1000 as ore from seen
"""

# one in forty who bought in the last quarter of a year said what they thought, a fortnight later
ANSWERS = """
create table answers as
select
    number, email,
    sold_at + 14 * 86400 as answered_at,
    case when number % 7 = 0 then 2 + number % 4 else 7 + number % 4 end as score,
from orders join people using (person)
where not in_store and net > 0 and number % 40 = 3 and sold_at + 14 * 86400 < getvariable('horizon')
"""

SPEND_EXPORT = """
select day, platform, campaign, impressions, clicks, money(ore::bigint) as cost, 'GBP' as currency
from ad_spend order by day, platform, campaign
"""

ANSWERS_EXPORT = """
select
    'after_purchase' as survey, 'recommend' as question, null as answer, score, null as customer, email,
    null as phone, strftime(make_timestamp(answered_at * 1000000), '%Y-%m-%dT%H:%M:%SZ') as answered_at
from answers order by answered_at, number
"""

PRICES_EXPORT = """
select * from (values
    ('SE', 'sms', '0.0440', 'EUR', '2025-01-01'), ('NO', 'sms', '0.0590', 'EUR', '2025-01-01'),
    ('DK', 'sms', '0.0410', 'EUR', '2025-01-01'), ('FI', 'sms', '0.0720', 'EUR', '2025-01-01'),
    ('GB', 'sms', '0.0380', 'EUR', '2025-01-01'), ('GB', 'sms', '0.0410', 'EUR', '2026-01-01')
) as prices (country, channel, price, currency, valid_from)
"""

TABLES = (ADS, ANSWERS)
