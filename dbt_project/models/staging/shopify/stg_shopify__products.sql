-- What the shop sells, as its API tells it, in the columns that int_products_unioned asks for.
select * from {{ ref('stg_shopify__products_api') }}
