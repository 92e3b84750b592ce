{% macro resolve_customer(relation, key) -%}
{#- The one customer behind each row, by the shop's id, else the address, else the number: never by a shared one. -#}
select {{ key }}, customer_id from (
    select
        {{ key }},
        min(customer_id) as customer_id,
        row_number() over (partition by {{ key }} order by certainty) as preference_rank
    from (
        {% for type in ['shop_customer', 'email', 'phone'] -%}
        select facts.{{ key }}, identifiers.customer_id, {{ loop.index }} as certainty
        from {{ relation }} as facts
        inner join {{ ref('identifiers') }} as identifiers
            on facts.{{ type }} = identifiers.identifier and identifiers.identifier_type = '{{ type }}'
        {{ 'union all' if not loop.last }}
        {% endfor -%}
    ) as found
    group by {{ key }}, certainty
    having count(distinct customer_id) = 1
) as chosen where preference_rank = 1
{%- endmacro %}
