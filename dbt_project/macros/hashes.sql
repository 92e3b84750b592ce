{% macro message_id(journey, step, customer_id, entry_key) -%}
{#- One id per message, without the channel: a fallback is chosen before, never sent beside. -#}
md5({{ journey }} || '|' || {{ step }} || '|' || {{ customer_id }} || '|' || {{ entry_key }})
{%- endmacro %}

{% macro salted_id(key) -%}
md5((select clock.salt from {{ source('run', 'clock') }} as clock) || '|' || {{ key }})
{%- endmacro %}

{% macro hash_bucket(key, buckets) -%}
{#- No dice: the first eight hex digits of a salted hash, modulo. The same in any engine and in Python. -#}
{{ adapter.dispatch('hash_bucket')(key, buckets) }}
{%- endmacro %}

{% macro default__hash_bucket(key, buckets) -%}
cast('0x' || substr({{ salted_id(key) }}, 1, 8) as bigint) % {{ buckets }}
{%- endmacro %}
