{% macro message_id(journey, step, customer_id, entry_key) -%}
{#- One id per message, without the channel: a fallback is chosen before, never sent beside. -#}
md5({{ journey }} || '|' || {{ step }} || '|' || {{ customer_id }} || '|' || {{ entry_key }})
{%- endmacro %}

{% macro salted_id(key) -%}
{#- It reads the clock's row under a name of its own, for the salt beside the moment. -#}
md5((select salted.salt from {{ source('run', 'clock') }} as salted) || '|' || {{ key }})
{%- endmacro %}

{% macro hash_bucket(key, buckets) -%}
{#- No dice: the first eight hex digits of a salted hash, modulo. The same in any engine and in Python. -#}
{{ adapter.dispatch('hash_bucket')(key, buckets) }}
{%- endmacro %}

{% macro default__hash_bucket(key, buckets) -%}
cast('0x' || substr({{ salted_id(key) }}, 1, 8) as bigint) % {{ buckets }}
{%- endmacro %}
