-- What people wrote back, without the words that only open or close the door.
with

inbound as (

    {{ first_known(ref('stg_twilio__inbound'), ['inbound_id']) }}

),

words as (

    select * from {{ ref('inbound_words') }}

),

identifiers as (

    select * from {{ ref('identifiers') }} where identifier_type = 'phone'

)

select
    identifiers.customer_id,
    inbound.inbound_id,
    inbound.happened_at,
    inbound.received_at
from inbound
inner join identifiers
    on inbound.phone = identifiers.identifier
left join words
    on inbound.word = words.word
where words.word is null and inbound.opt_out_type is null
