"""Generates the demo shop's loyalty programme: members' points, and corrections by hand.

It repeats the rules of the product's seeds (tiers, earning_rules, programme) on purpose, to check them.
"""

import csv
from pathlib import Path

from stammis.demo.people import NOW, VOIDED

TIERS = (500, 1500)  # silver, gold
YEAR_DAYS = 365
# how far each plant is brought from the next tier, in points, by its opening balance
WANTED_GAPS = """case plant_name
    when 'tier_too_far' then basket + 60
    when 'tier_top' then -50
    else greatest(basket // 2, 1)
end"""

MEMBERS = f"""
create table members as
with issued as (
    select
        person,
        epoch(date_trunc('day', wall(card_at, zone)))::bigint as member_since,
        case when currency in ('SEK', 'NOK', 'DKK') then 1000 else 100 end as ore_per_point,
    from people where has_card
)
select
    *,
    member_since + ({NOW} - member_since) // {YEAR_DAYS * 86400} * {YEAR_DAYS * 86400} as year_from,
    year_from + {YEAR_DAYS * 86400} as year_to,
from issued
"""

EARNED = f"""
create table earned as
select
    person,
    'order:' || invoice as movement,
    sign(net) * (abs(net) // ore_per_point) as points,
    sold_at as moved_at,
    net > 0 and status < {VOIDED} and returns_number is null as is_kept,
    net,
from orders join members using (person)
"""

BASKETS = """
create table baskets as
select
    person,
    sum(net) // (count(*) * any_value(ore_per_point)) as basket,
    max(moved_at) as last_at,
from earned join members using (person)
where is_kept
group by person
"""

MOVEMENTS = f"""
create table movements as
with short as (
    select
        person, member_since, basket, any_value(plant_name) as plant_name,
        coalesce(sum(points) filter (moved_at >= year_from), 0) as points,
    from members join people using (person) join baskets using (person) left join earned using (person)
    where starts_with(plant_name, 'tier_')
    group by person, member_since, basket
), opening as (
    select person, member_since + 2 * 86400 + 36000 as moved_at,
        case
            when plant_name = 'tier_top' then {TIERS[1]}
            when points + {WANTED_GAPS} + 20 < {TIERS[0]} then {TIERS[0]}
            else {TIERS[1]}
        end - points - {WANTED_GAPS} as points
    from short
    union all
    select person, epoch(timestamp '2025-01-01 10:00:00')::bigint, 20 + person * 37 % 180
    from members join people using (person)
    where member_since < epoch(timestamp '2025-01-01') and person % 3 = 1 and person not in (select person from short)
)
select 'open-' || format('{{:07d}}', person) as movement, person, points::bigint as points,
    'opening balance' as reason, moved_at
from opening
union all
select 'fix-' || format('{{:07d}}', person), person, case when person % 2 = 0 then -10 else 25 end, 'correction',
    epoch(timestamp '2025-02-03 12:00:00')::bigint + person * 3571 % 9000000
from opening
where person % 5 = 2 and person not in (select person from short)
"""

TIER_NUDGES = f"""
create table tier_nudges as
with moved as (
    select person, movement, points, moved_at from earned where points <> 0 and moved_at >= (
        select member_since from members where members.person = earned.person
    )
    union all
    select person, movement, points, moved_at from movements
), counted as (
    select
        members.*,
        coalesce(sum(points) filter (moved_at >= year_from), 0) as year_points,
        coalesce(sum(points) filter (moved_at < year_from and moved_at >= year_from - {YEAR_DAYS * 86400}), 0)
            as last_year_points,
        greatest(year_points, last_year_points) as best_points,
        case when best_points < {TIERS[0]} then {TIERS[0]} when best_points < {TIERS[1]} then {TIERS[1]} end
            as next_tier,
        next_tier - year_points as gap,
    from members left join moved using (person)
    group by all
), running as (
    select
        person, movement, moved_at, points, basket, last_at,
        next_tier - sum(points) over (partition by person order by moved_at, movement) as gap_after,
    from moved join counted using (person) join baskets using (person)
    where moved_at >= year_from
), entered as (
    select person, arg_max(movement, (moved_at, movement)) as entry, max(moved_at) as moved_at
    from running
    where gap_after <= basket and gap_after + points > basket
    group by person
), weighed as (
    select
        consents.*, entry,
        greatest(moved_at, last_at + {14 * 86400}) as entered_at,
        case
            when next_tier is null then 'top_tier'
            when gap <= 0 or gap > coalesce(basket, 0) or entry is null then 'too_far'
            when last_at + {14 * 86400} > {NOW} then 'bought_lately'
            when year_to < {NOW + 30 * 86400} then 'year_ends'
        end as outside,
    from counted join consents using (person) left join baskets using (person) left join entered using (person)
)
select
    person_id,
    'tier_nudge' as journey,
    'nudge' as step,
    entry,
    outside,
    case
        when outside is not null then outside
        when entered_at <= {NOW - 14 * 86400} then 'too_old'
        when marketing_channel is null then marketing_reason
    end as reason,
    marketing_channel as channel,
    case channel when 'email' then email when 'sms' then phone end as address,
    plant_name,
from weighed
where outside is null or starts_with(coalesce(plant_name, ''), 'tier_')
"""

EXPORT = """
select movement as movement_id, member_card, points, reason, utc(moved_at) as moved_at
from movements join people using (person)
order by movements.moved_at, movement
"""

TABLES = (MEMBERS, EARNED, BASKETS, MOVEMENTS)


def slip_by_hand(landing: Path) -> Path:
    """Land a correction that takes ten million points from the first card: readable, but impossible."""
    with (landing / "pos" / "members.csv").open(newline="", encoding="utf-8") as file:
        card = next(csv.DictReader(file))["member_card"]
    slip = landing / "programme" / "points_movements_2025-12-09_by_hand.csv"
    slip.parent.mkdir(parents=True, exist_ok=True)
    header = "movement_id,member_card,points,reason,moved_at"
    slip.write_text(f"{header}\nslip-1,{card},-9999999,correction,2025-12-09 10:00:00\n", encoding="utf-8")
    return slip
