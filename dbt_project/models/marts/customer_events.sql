-- The one table that triggers, goals and exits read.
with

identifiers as (

    select * from {{ ref('identifiers') }}

),

refunds as (

    select * from {{ ref('int_refunds_unioned') }}

),

reviews as (

    select * from {{ ref('int_reviews_unioned') }}

),

messages as (

    select * from {{ ref('int_messages_engaged') }}

)

select customer_id, 'order' as event, order_id as key, ordered_at as happened_at, received_at
from {{ ref('orders') }}
where is_kept and customer_id is not null
union all
select orders.customer_id, 'return', refunds.refund_id, refunds.happened_at, refunds.received_at
from refunds
inner join {{ ref('orders') }} as orders on refunds.order_id = orders.order_id
where refunds.amount > 0 and orders.gross_total > 0 and orders.customer_id is not null
union all
-- what came back without a moment of its own: that of the returning receipt or the refunded order stands for it
select customer_id, 'return', order_id, ordered_at, received_at
from {{ ref('orders') }}
where undated_refund_total > 0 and customer_id is not null
union all
select distinct identifiers.customer_id, 'review', reviews.review_id, reviews.happened_at, reviews.received_at
from reviews
inner join identifiers on identifiers.identifier_type = 'email' and reviews.email = identifiers.identifier
union all
select identifiers.customer_id, 'click', messages.send_id, messages.clicked_at, messages.clicked_at
from messages
inner join identifiers on identifiers.identifier_type = 'email' and messages.address = identifiers.identifier
where messages.clicked_at is not null
union all
select identifiers.customer_id, 'open', messages.send_id, messages.opened_at, messages.opened_at
from messages
inner join identifiers on identifiers.identifier_type = 'email' and messages.address = identifiers.identifier
where messages.opened_at is not null
union all
select customer_id, 'reply', inbound_id, happened_at, received_at
from {{ ref('int_replies_attributed') }}
union all
select customer_id, 'case', ticket_id, opened_at, received_at
from {{ ref('int_tickets_attributed') }}
where customer_id is not null
union all
select customer_id, 'answer', answer_id, answered_at, received_at
from {{ ref('survey_answers') }}
where customer_id is not null
