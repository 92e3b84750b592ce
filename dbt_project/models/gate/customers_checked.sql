select
    customer_id as row_id,
    customer_id,
    email is not null or phone is not null as is_contactable
from {{ ref('customers') }}
