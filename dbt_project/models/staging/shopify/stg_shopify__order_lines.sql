-- Lines of web orders by either road: the admin's CSV exports and the API's JSON, in the same ids.
select * from {{ ref('stg_shopify__order_lines_csv') }}
union all
select * from {{ ref('stg_shopify__order_lines_api') }}
