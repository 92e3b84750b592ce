-- What became of messages, ours and other tools', as their providers reported it, repeats included.
-- A view: most readers ask for a first or last moment, which a repeat does not change; numbering them all is dear.
{{ config(materialized='view') }}

{{ from_sources('message_events', unit='event_id, event', with_repeats=true, columns=[
    'event_id', 'send_id', 'address', 'channel', 'event', 'reason', 'is_machine_open', 'happened_at', 'received_at',
]) }}
