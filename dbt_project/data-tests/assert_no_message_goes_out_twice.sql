-- Fails if a message the ledger already knows is in the outbox again.
-- This is the promise the whole house stands on.
{{ config(meta={'holds': 'all'}) }}
select outbox.message_id
from {{ ref('outbox') }} as outbox
inner join {{ source('ledger', 'messages') }} as messages
    on outbox.message_id = messages.message_id
where messages.state in ('claimed', 'intended', 'accepted', 'failed', 'in_doubt')
