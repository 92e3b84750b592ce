-- What advertising cost, as each platform's newest report has it.
{{ from_sources('ad_spend', unit='spend_id', is_one_row=true, columns=[
    'spend_id', 'platform', 'campaign', 'impression_count', 'click_count', 'cost', 'currency', 'happened_at', 'received_at',
]) }}
