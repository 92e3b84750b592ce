-- One row per open step with the first rule that says no; null means: send. Caps count per person, then per
-- address among those who are left; nobody moves up within a tick, so we are never over and at times under.
{{ decides_nothing('it tells when a gap ends that begins with what it sends') }}
with

verdicts as (

    select
        *,
        case
            when is_journey_held then 'journey_held'
            when is_waiting_for_approval then 'needs_approval'
            when is_stopped then 'stopped'
            when is_waiting_for_previous_step then 'waits_for_previous_step'
            when is_not_due_yet then 'not_due_yet'
            when is_goal_reached then 'goal_reached'
            when is_exited then 'exited'
            when is_too_old then 'too_old'
            when is_implausible then 'implausible'
            when is_without_address then 'no_address'
            when is_suppressed then 'suppressed'
            when is_without_consent then 'no_consent'
            when is_holdout then 'holdout'
            when is_muted then 'promotions_muted'
            when is_in_quiet_hours then 'quiet_hours'
        end as first_reason
    from {{ ref('outbox_verdicts') }}

),

usage as (

    select * from {{ ref('int_caps_used') }}

),

by_person as (

    select
        verdicts.*,
        usage.max_count,
        usage.address_count,
        usage.last_marketing_at,
        verdicts.first_reason is null and coalesce(usage.person_count + row_number() over (
            partition by verdicts.customer_id, verdicts.channel, verdicts.purpose, verdicts.first_reason is null
            order by verdicts.priority, verdicts.due_at, verdicts.message_id
        ) > usage.max_count, false) as is_over_person_cap
    from verdicts
    left join usage
        on verdicts.message_id = usage.message_id

),

by_address as (

    select
        *,
        is_over_person_cap or (first_reason is null and coalesce(address_count + row_number() over (
            partition by address, channel, purpose, first_reason is null and not is_over_person_cap
            order by priority, due_at, message_id
        ) > max_count, false)) as is_over_cap
    from by_person

),

arbitrated as (

    select
        *,
        first_reason is null and not is_over_cap and purpose = 'marketing' and (
            last_marketing_at is not null
            or row_number() over (
                partition by customer_id, first_reason is null and not is_over_cap and purpose = 'marketing'
                order by priority, due_at, message_id
            ) > 1
        ) as is_lost_to_other_journey,
        {{ minutes_later(
            'coalesce(last_marketing_at, ' ~ as_of() ~ ')', '60 * ' ~ limit_of('min_gap_hours')
        ) }} as next_gap_ends_at
    from by_address

)

select
    message_id, journey, step, position, variant, is_branch_logged, customer_id, entry_key, channel, address,
    locale, time_zone,
    entered_at, admitted_at, due_at, expires_at, priority, purpose, offer, arm, template_version, consented_at,
    opens_hour, closes_hour, sunday_opens_hour, basis, consent_state, consent_expires_at, profiling,
    case
        when first_reason is not null then first_reason
        when is_over_cap then 'over_cap'
        when is_lost_to_other_journey then 'lost_to_other_journey'
    end as hold_reason,
    case when is_lost_to_other_journey then next_gap_ends_at end as retry_due_at,
    is_journey_held, is_waiting_for_approval, is_stopped, is_waiting_for_previous_step, is_not_due_yet,
    is_goal_reached, is_exited, is_too_old, is_implausible, is_without_address, is_suppressed, is_without_consent,
    is_holdout, is_muted, is_in_quiet_hours, is_over_cap, is_lost_to_other_journey
from arbitrated
