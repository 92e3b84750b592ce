-- What people thought of what they bought.
{{ from_sources('reviews', unit='review_id', is_one_row=true, columns=[
    'review_id', 'email', 'product', 'rating', 'happened_at', 'received_at',
]) }}
