-- What browsers did, whoever they were, as reported, repeats included. A view, as int_message_events_unioned is.
{{ config(materialized='view') }}

{{ from_sources('web_events', unit='event_id', with_repeats=true, columns=[
    'event_id', 'cookie', 'shop_customer', 'type', 'event', 'email', 'sku', 'product', 'category', 'query', 'order_id',
    'has_consent', 'happened_at', 'received_at',
]) }}
