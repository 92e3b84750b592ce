-- What people wrote back, without the words that only open or close the door.
select
    identifiers.customer_id,
    inbound.inbound_id,
    inbound.happened_at,
    inbound.received_at
from {{ ref('int_inbound_messages_unioned') }} as inbound
inner join {{ ref('identifiers') }} as identifiers
    on inbound.address = identifiers.identifier and identifiers.identifier_type = 'phone'
where inbound.meaning is null
