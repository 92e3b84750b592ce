-- Fails if somebody has bought in a currency without an earning rule: those orders earn nothing, and nobody would say
-- so. Add the currency to seeds/earning_rules.csv. Whoever speaks of points is held.
select currency, order_count
from {{ ref('int_currencies_unruled') }}
where lacks = 'earning_rule' and exists (select 1 from {{ ref('memberships') }})
