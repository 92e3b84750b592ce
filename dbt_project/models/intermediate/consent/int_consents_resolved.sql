-- What each customer's addresses allow at as_of. A dated word stands for the address, whoever uses it. A flag without a
-- date counts only for the person whose account carries it; it and a purchase never count against a refusal of theirs
-- on another address of the channel.
{{ holds_until('a consent lapses', "select expires_at as moment from " ~ ref('int_consents_stated')
    ~ " union all select expires_at from " ~ ref('int_soft_opt_ins_earned'), looks=2) }}
with

addresses as (

    select
        customer_id, identifier as address, record_count, identified_at,
        case identifier_type when 'email' then 'email' else 'sms' end as channel
    from {{ ref('identifiers') }}
    where identifier_type in ('email', 'phone')

),

purposes as (

    select 'marketing' as purpose
    union
    select purpose from {{ ref('int_consents_stated') }}

),

refusals as (

    select distinct addresses.customer_id, addresses.channel
    from addresses
    inner join {{ ref('int_addresses_judged') }} as judged
        on addresses.address = judged.address and addresses.channel = judged.channel
    where judged.suppression_reason in ('unsubscribed', 'stopped', 'complained')

),

weighed as (

    select
        addresses.*, purposes.purpose, judged.suppression_reason,
        coalesce(unread.word_id, files.word_id) as unread_word,
        case when stated.state is null and refusals.customer_id is null then flags.source end as flag_source,
        stated.state as stated_state, stated.double_opt_in, stated.overruled_source, stated.source as stated_source,
        stated.proof as stated_proof, stated.captured_at as stated_at, stated.expires_at as stated_until,
        soft.source as soft_source, soft.proof as soft_proof, soft.captured_at as soft_at, soft.expires_at as soft_until
    from addresses
    cross join purposes
    left join {{ ref('int_addresses_judged') }} as judged
        on addresses.address = judged.address and addresses.channel = judged.channel
    left join {{ ref('int_consents_stated') }} as stated
        on addresses.address = stated.address and addresses.channel = stated.channel
        and purposes.purpose = stated.purpose
    left join {{ ref('int_flags_resolved') }} as flags
        on addresses.customer_id = flags.customer_id and addresses.address = flags.address
        and addresses.channel = flags.channel and purposes.purpose = 'marketing'
    left join {{ ref('int_addresses_unread') }} as unread
        on addresses.address = unread.address and addresses.channel = unread.channel and purposes.purpose = 'marketing'
    left join {{ ref('int_addresses_unread') }} as files
        on addresses.channel = files.channel and files.address is null and purposes.purpose = 'marketing'
    left join refusals
        on addresses.customer_id = refusals.customer_id and addresses.channel = refusals.channel
    left join {{ ref('int_soft_opt_ins_earned') }} as soft
        on addresses.customer_id = soft.customer_id and addresses.address = soft.address
        and addresses.channel = soft.channel and purposes.purpose = 'marketing' and refusals.customer_id is null

),

decided as (  -- the first that holds, from what forbids to what has lapsed; valid until, and no longer at, expires_at

    select
        *,
        case
            when suppression_reason is not null or stated_state = 'opted_out' then 'opted_out'
            when unread_word is not null then 'unread'
            when flag_source is not null then 'opted_in'
            when stated_state = 'opted_in' and coalesce(stated_until > {{ as_of() }}, true) then 'opted_in'
            when stated_state = 'requested' then 'requested'
            when soft_until > {{ as_of() }} then 'soft_opt_in'
            when stated_until is not null or soft_until is not null then 'expired'
            else 'none'
        end as state
    from weighed

)

select
    decided.customer_id, decided.address, decided.channel, decided.purpose, decided.record_count,
    decided.identified_at, decided.suppression_reason, decided.state,
    decided.state = 'soft_opt_in' or (decided.state = 'expired' and decided.stated_until is null) as is_soft,
    case when decided.flag_source is not null then 'single' else decided.double_opt_in end as double_opt_in,
    coalesce(decided.flag_source, decided.stated_source) as source,
    case
        when decided.state = 'unread' then decided.unread_word
        when decided.flag_source is not null then 'a yes without a date' else decided.stated_proof
    end as proof,
    decided.stated_at, decided.stated_until,
    case when decided.flag_source is null then decided.overruled_source end as overruled_source,
    decided.soft_source, decided.soft_proof, decided.soft_at, decided.soft_until,
    coalesce(profiling.profiling, 'allowed') as profiling
from decided
left join {{ ref('int_profiling_judged') }} as profiling
    on decided.customer_id = profiling.customer_id
