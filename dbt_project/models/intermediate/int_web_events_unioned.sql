-- What browsers did, whoever they were.
{{ from_sources('web_events', unit='event_id', is_event=true, columns=[
    'event_id', 'cookie', 'shop_customer', 'type', 'event', 'email', 'sku', 'product', 'category', 'query', 'order_id',
    'has_consent', 'happened_at', 'received_at',
]) }}
