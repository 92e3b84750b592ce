-- Cases of every help desk, with the address their contact has and our first answer.
{{ holds_until('a case is solved', moments_in_sources('tickets', ['solved_at', 'changed_at']), looks=3) }}
with

tickets as (

    {{ from_sources('tickets', unit='ticket_id', is_one_row=true, columns=[
        'ticket_id', 'contact_id', 'email', 'phone', 'status', 'priority', 'channel', 'is_open', 'happened_at',
        'solved_at', 'changed_at', 'received_at',
    ]) | indent(4) }}

),

comments as (

    {{ from_sources('ticket_comments', unit='comment_id', is_event=true, columns=[
        'comment_id', 'ticket_id', 'contact_id', 'is_public', 'happened_at',
    ]) | indent(4) }}

),

answered as (

    select tickets.ticket_id, min(comments.happened_at) as first_answered_at
    from tickets
    inner join comments
        on tickets.ticket_id = comments.ticket_id and tickets.contact_id <> comments.contact_id
    where comments.is_public
    group by tickets.ticket_id

)

select
    tickets.ticket_id,
    tickets.source,
    tickets.contact_id,
    cast(null as varchar) as shop_customer,
    coalesce(tickets.email, contacts.email) as email,
    coalesce(tickets.phone, contacts.phone) as phone,
    tickets.status,
    tickets.priority,
    tickets.channel,
    tickets.is_open or coalesce(tickets.solved_at > {{ as_of() }}, false) as is_open,
    tickets.happened_at as opened_at,
    answered.first_answered_at,
    {{ if_past('tickets.solved_at') }} as solved_at,
    {{ if_past('tickets.changed_at') }} as changed_at,
    tickets.received_at
from tickets
left join answered
    on tickets.ticket_id = answered.ticket_id
left join {{ ref('int_records_unioned') }} as contacts
    on tickets.contact_id = contacts.record_id
