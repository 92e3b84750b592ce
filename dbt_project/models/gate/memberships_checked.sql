select
    customer_id as row_id,
    customer_id,
    points_balance,
    {{ is_beyond('points_balance', 'memberships', 'points_balance', 'warn') }} as is_odd_points_balance,
    {{ is_beyond('points_balance', 'memberships', 'points_balance', 'critical') }} as is_impossible_points_balance
from {{ ref('memberships') }}
