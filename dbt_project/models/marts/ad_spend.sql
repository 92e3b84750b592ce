-- What advertising cost, per day, platform and campaign.
select
    spend_id,
    source,
    cast(happened_at as date) as spent_date,
    platform,
    campaign,
    impression_count,
    click_count,
    cast(cost as decimal(18, 2)) as cost_total,
    currency,
    received_at
from {{ ref('int_ad_spend_unioned') }}
