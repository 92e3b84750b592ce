-- Whose case it is: the customer its contact has become, else the one customer behind its address.
with

tickets as (

    select * from {{ ref('int_tickets_unioned') }}

),

known_by_address as (

    {{ resolve_customer(ref('int_tickets_unioned'), 'ticket_id') | indent(4) }}

)

select
    tickets.ticket_id,
    coalesce(resolved.customer_id, known_by_address.customer_id) as customer_id,
    tickets.source,
    tickets.channel,
    tickets.status,
    tickets.is_open,
    tickets.opened_at,
    tickets.first_answered_at,
    tickets.solved_at,
    tickets.changed_at,
    tickets.received_at
from tickets
left join {{ ref('int_customers_resolved') }} as resolved
    on tickets.contact_id = resolved.record_id
left join known_by_address
    on tickets.ticket_id = known_by_address.ticket_id
