-- Customer accounts by either road: the admin's CSV exports and the API's JSON, in the same ids.
select * from {{ ref('stg_shopify__contacts_csv') }}
union all
select * from {{ ref('stg_shopify__contacts_api') }}
