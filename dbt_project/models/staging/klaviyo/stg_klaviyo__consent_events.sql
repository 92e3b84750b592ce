-- What a profile's cells say of its addresses. A suppression bears no date: it is as new as the export that tells it.
with

addresses as (

    {% for channel, address, maybe in [
        ('email', 'email_folded', 'email_maybe'), ('sms', 'phone_number_e164', 'phone_number_maybe'),
    ] %}
    select
        {{ address }} as address,
        {{ maybe }} as maybe,
        '{{ channel }}' as channel,
        replace(upper({{ channel }}_consent), ' ', '_') as consent,
        {{ channel }}_consent_at as consent_at,
        upper({{ channel }}_suppressions) as suppressions,
        profiles.*
    from {{ source('klaviyo', 'profiles') }} as profiles
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

events as (

    select *, 'opted_in' as event, 'consent' as basis, consent as word, consent_at as happened_at
    from addresses where consent in ('SUBSCRIBED', 'SUBSCRIBE') and consent_at is not null
    union all
    select *, 'opted_out', null, consent, {{ refused_at('consent_at') }}
    from addresses where consent in ('UNSUBSCRIBED', 'UNSUBSCRIBE')
    union all
    select *, 'opted_out', null, suppressions, {{ refused_at('null') }}
    from addresses where suppressions like '%UNSUBSCRIBED%' or suppressions like '%USER_SUPPRESSED%'
    union all
    select *, 'complained', null, suppressions, {{ refused_at('null') }}
    from addresses where suppressions like '%SPAM%'
    union all
    select *, 'bounced', null, suppressions, {{ refused_at('null') }}
    from addresses where suppressions like '%BOUNCE%' or suppressions like '%INVALID%'

)

select
    {{ unit_of_word("channel || ':' || said_by", "case when word = consent then consent_at end") }} as unit_id,
    said_by as address, channel, 'marketing' as purpose, event, basis, cast(null as varchar) as list,
    'Klaviyo export, ' || lower(word) as proof, case when length(country) = 2 then upper(country) end as country,
    happened_at, cast(null as timestamp) as changed_at, received_at, file_name, file_hash, line
from (select *, {{ said_by("event <> 'opted_in'", 'address', 'maybe') }} as said_by from events) as said
where said_by is not null
