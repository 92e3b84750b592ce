-- What goes out now: the candidates nobody says no to, with all a template needs.
with

candidates as (

    select * from {{ ref('outbox_candidates') }} where hold_reason is null

)

select
    candidates.message_id,
    candidates.journey,
    candidates.step,
    candidates.variant,
    candidates.template_version,
    candidates.customer_id,
    candidates.entry_key,
    candidates.channel,
    candidates.address,
    candidates.locale,
    candidates.time_zone,
    candidates.purpose,
    candidates.offer,
    candidates.consented_at,
    candidates.opens_hour,
    candidates.closes_hour,
    candidates.sunday_opens_hour,
    candidates.due_at,
    -- nor after the consent it stands on has lapsed
    least(candidates.expires_at, coalesce(candidates.consent_expires_at, candidates.expires_at)) as expires_at,
    {{ json_object({
        'customer': json_object({'first_name': 'customers.first_name', 'last_name': 'customers.last_name'}),
        'order': 'case when orders.order_id is not null then ' ~ json_object({
            'ordered_date': iso_date(utc_to_local('orders.ordered_at', 'candidates.time_zone')),
            'channel': 'orders.order_channel',
            'product': 'orders.top_product',
        }) ~ ' end',
        'membership': 'case when memberships.customer_id is not null then ' ~ json_object({
            'tier': 'memberships.tier',
            'next_tier': 'memberships.next_tier',
            'points_balance': 'memberships.points_balance',
            'points_to_next_tier': 'memberships.points_to_next_tier',
        }) ~ ' end',
        'offer': 'case when offers.offer is not null then ' ~ json_object({
            'name': 'offers.offer',
            'percent': 'offers.percent',
            'expires_date': iso_date(days_later(utc_to_local('candidates.admitted_at', 'candidates.time_zone'), 'offers.valid_days')),
        }) ~ ' end',
    }) }} as context
from candidates
inner join {{ ref('customers') }} as customers
    on candidates.customer_id = customers.customer_id
left join {{ ref('memberships') }} as memberships
    on candidates.customer_id = memberships.customer_id
left join {{ ref('orders') }} as orders
    on candidates.entry_key = orders.order_id
left join {{ ref('offers') }} as offers
    on candidates.offer = offers.offer
