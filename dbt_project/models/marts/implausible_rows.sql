-- Rows beyond what is plausible, each with the customer it is about: what the gate counts, named.
select 'memberships' as relation, 'points_balance' as measure, row_id, customer_id
from {{ ref('memberships_checked') }}
where is_odd_points_balance or is_impossible_points_balance
union all
select 'orders', 'net_total', row_id, customer_id
from {{ ref('orders_checked') }}
where is_odd_net_total or is_impossible_net_total
union all
select 'consents', 'captured_ahead_percent', row_id, customer_id
from {{ ref('consents_checked') }}
where is_captured_ahead
