{# Numbers that the business owns, each a scalar from its seed. #}

{% macro lifecycle_rule(name) -%}
(select rules.amount from {{ ref('lifecycle') }} as rules where rules.rule = '{{ name }}')
{%- endmacro %}

{% macro limit_of(name) -%}
(select limits.amount from {{ ref('limits') }} as limits where limits.limit_name = '{{ name }}')
{%- endmacro %}

{% macro programme_rule(name) -%}
(select rules.amount from {{ ref('programme') }} as rules where rules.rule = '{{ name }}')
{%- endmacro %}

{% macro timing_of(name) -%}
(select rules.amount from {{ ref('journey_timing') }} as rules where rules.rule = '{{ name }}')
{%- endmacro %}

{% macro score_rule(name) -%}
(select rules.amount from {{ ref('scores') }} as rules where rules.rule = '{{ name }}')
{%- endmacro %}
