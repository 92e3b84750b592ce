-- Currencies in which somebody has bought and that lack a rule: what a point costs there (earning_rules), or a rate of
-- exchange into the home country's money (exchange_rates).
with

used as (

    select currency, count(*) as order_count, sum(case when home_total is null then 1 else 0 end) as unconverted_count
    from {{ ref('orders') }}
    where is_kept and customer_id is not null
    group by currency

)

select used.currency, 'earning_rule' as lacks, used.order_count
from used
left join {{ ref('earning_rules') }} as rules
    on used.currency = rules.currency
where rules.currency is null
union all
select currency, 'exchange_rate', unconverted_count
from used
where unconverted_count > 0
