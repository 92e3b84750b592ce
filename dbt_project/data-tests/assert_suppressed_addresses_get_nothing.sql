-- Fails if an address that asked to be left alone, bounced or complained is in the outbox.
-- It would mean a message to somebody who said no.
select outbox.message_id
from {{ ref('outbox') }} as outbox
inner join {{ ref('suppressions') }} as suppressions
    on outbox.address = suppressions.address and outbox.channel = suppressions.channel
