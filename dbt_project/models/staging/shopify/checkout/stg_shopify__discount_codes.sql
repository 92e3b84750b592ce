-- Codes used in web orders, by either road: the admin's CSV exports and the API's JSON, in the same ids.
select * from {{ ref('stg_shopify__discount_codes_csv') }}
union all
select * from {{ ref('stg_shopify__discount_codes_api') }}
