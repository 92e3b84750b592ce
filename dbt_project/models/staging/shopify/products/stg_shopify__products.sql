-- What the shop sells, as its API or its own export tells it; what the API says is dated and stands before the other.
{% for layout in ['csv', 'api'] %}
select sku, product, category, price, happened_at, changed_at, received_at, file_name, file_hash, line
from {{ ref('stg_shopify__products_' ~ layout) }}
{{ 'union all' if not loop.last }}
{% endfor %}
