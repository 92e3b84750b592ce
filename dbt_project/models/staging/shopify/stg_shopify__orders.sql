-- Web orders by either road: the admin's CSV exports and the API's JSON, in the same ids.
select * from {{ ref('stg_shopify__orders_csv') }}
union all
select * from {{ ref('stg_shopify__orders_api') }}
