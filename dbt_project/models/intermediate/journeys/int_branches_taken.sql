-- Which variant of a step each open entry gets: the one the log remembers, else the first whose condition holds.
{{ holds_until(
    'a decision of later is reached', "select decided_at as moment from " ~ source('ledger', 'journey_log')
) }}
with

entries as (

    select * from {{ ref('int_journey_entries') }}

),

logged as (

    select
        log.journey, log.step, log.entry_key, log.reason as variant,
        coalesce(aliases.customer_id, log.customer_id) as customer_id
    from {{ source('ledger', 'journey_log') }} as log
    left join {{ ref('customer_aliases') }} as aliases
        on log.customer_id = aliases.alias_id
    where log.kind = 'branched' and log.decided_at <= {{ as_of() }}

),

conditions as (

    select journey, customer_id, entry_key, step, variant, 0 as position from logged
    {% for branch in var('branches') %}
    union all
    select
        entries.journey, entries.customer_id, entries.entry_key,
        '{{ branch.step }}', '{{ branch.variant }}', {{ loop.index }}
    from entries
    inner join {{ ref('customers') }} as customers
        on entries.customer_id = customers.customer_id
    left join {{ ref('memberships') }} as memberships
        on entries.customer_id = memberships.customer_id
    where entries.journey = '{{ branch.journey }}' and {{ condition(branch) }}
    {% endfor %}

),

ranked as (

    select
        conditions.*,
        row_number() over (
            partition by journey, customer_id, entry_key, step order by position
        ) as preference_rank
    from conditions

)

select journey, customer_id, entry_key, step, variant, position = 0 as is_logged from ranked where preference_rank = 1
