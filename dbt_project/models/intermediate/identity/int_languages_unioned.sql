-- Which language the sources say somebody reads, of each record as it was told last.
{{ from_sources('languages', unit='record_id', is_one_row=true, columns=[
    'record_id', 'written', 'happened_at', 'changed_at', 'received_at',
]) }}
