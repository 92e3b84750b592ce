-- What people thought of what they bought.
{{ from_sources('reviews', unit='review_id', columns=[
    'review_id', 'email', 'product', 'rating', 'happened_at', 'received_at',
]) }}
