-- What became of messages, ours and other tools', as their providers told us.
{{ from_sources('message_events', unit='event_id', is_event=true, columns=[
    'event_id', 'send_id', 'address', 'channel', 'event', 'reason', 'is_machine_open', 'happened_at', 'received_at',
]) }}
