-- Labels of accounts and orders by either road, and of those that have any one row without for each version.
with

records as (

    select
        'account' as record_type, 'shop_customer:' || coalesce(customer_id, email_folded) as record_id, tags,
        cast(null as timestamp) as happened_at, cast(null as timestamp) as changed_at,
        received_at, file_name, file_hash
    from {{ source('shopify', 'customers') }}
    union all
    select 'order', 'order:shopify:' || id, tags, created_at, null, received_at, file_name, file_hash
    from {{ source('shopify', 'orders') }}
    where financial_status is not null
    {% for type, table, record_id in [
        ('account', 'customers_api', 'shop_customer:'), ('order', 'orders_api', 'order:shopify:'),
    ] %}
    union all
    select
        '{{ type }}', '{{ record_id }}' || {{ regex_remove('id', '^.*/') }}, tags, created_at, updated_at,
        received_at, file_name, file_hash
    from ({{ last_in_file(source('shopify', table), 'id', 'updated_at') }}) as {{ table }}
    -- REST tells labels always, and none as an empty text; GraphQL only if it is asked, and none as an empty list
    where tags is not null or id not like 'gid://%'
    {% endfor %}

),

tags as (

    {{ list_parts('records', 'tags') | indent(4) }}

)

select
    record_id as tagged_id,
    record_id,
    record_type,
    part as tag,
    happened_at,
    changed_at,
    received_at,
    file_name,
    file_hash,
    part_number as line
from tags
where record_id in (select labelled.record_id from tags as labelled where labelled.part is not null)
