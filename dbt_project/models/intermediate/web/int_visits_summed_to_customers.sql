-- The last visit of each customer whose cookie may be recognised; for all others visits are unknown.
select
    identifiers.customer_id,
    max(cookies.last_visited_at) as last_visited_at
from {{ ref('int_cookies_consented') }} as cookies
inner join {{ ref('identifiers') }} as identifiers
    on cookies.cookie = identifiers.identifier and identifiers.identifier_type = 'cookie'
group by identifiers.customer_id
