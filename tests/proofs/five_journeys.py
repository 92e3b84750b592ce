"""The rules of the five journeys, said once more in plain Python: who is inside, and who is due at a first run.

An entry's verdict is "due" or the first rule that says no. Who is held out (10 % by the product's own hash) cannot
be known here: pass `held_out`, (journey, entry key) pairs, or read "due" as due before the holdout.
"""

from collections import defaultdict, namedtuple
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from .sample_truth import LONDON, Order, Sample, known

# any of the addresses is right; key is the entry key
Entry = namedtuple("Entry", "person key entered_at inside verdict channel addresses", defaults=("", ()))
# points: of this membership year; balance and pending: of all years; key and moved_at: what brought them near
MEMBER = "card person issued year_starts_at days_left points last_points balance pending tier next_tier gap basket"
Member = namedtuple("Member", f"{MEMBER} key moved_at")
Pairs = frozenset[tuple[str, str]]


def worth(order: Order, as_of: datetime) -> Decimal:
    """What is kept of an order after what came back of it so far."""
    return order.net - sum((amount for at, amount in order.undone if at <= as_of), Decimal(0))


def kept_orders(sample: Sample, as_of: datetime) -> dict[str, list[Order]]:
    """person -> kept orders, earliest first."""
    kept = defaultdict(list)
    for order in sorted(sample.orders, key=lambda order: (order.ordered_at, order.order_id)):
        if worth(order, as_of) > 0 and order.ordered_at <= as_of:
            kept[order.person].append(order._replace(net=worth(order, as_of)))
    return kept


def returned_since(sample: Sample, person: str, since: datetime, as_of: datetime) -> bool:
    mine = (order for order in sample.orders if order.person == person and order.is_return)
    return any(since < order.ordered_at <= as_of for order in mine)


def is_open(as_of: datetime) -> bool:
    local = as_of.replace(tzinfo=UTC).astimezone(LONDON)
    return (12 if local.isoweekday() == 7 else 9) <= local.hour < 20


def speak_service(sample: Sample, person: str, as_of: datetime) -> tuple:
    """(verdict, channel, addresses) of what needs no consent, waits for nobody and stops nobody else."""
    mine = {kind: known(sample, person, kind) for kind in ("email", "phone")}
    free = {kind: sorted(addresses - sample.suppressed) for kind, addresses in mine.items()}
    addresses = free["email"] or free["phone"]
    if not addresses:
        return "suppressed" if mine["email"] else "no_address", "", ()
    channel = "email" if free["email"] else "sms"
    return ("due" if is_open(as_of) else "quiet_hours"), channel, tuple(addresses)


def speak(
    sample: Sample, person: str, as_of: datetime, contacted: set[str], fallback: bool = True, is_held_out: bool = False
) -> tuple:
    """(verdict, channel, addresses) of marketing to somebody inside and in time; who is due is added to contacted."""
    mine = known(sample, person, "email")
    emails = sorted(mine & sample.opted_in - sample.suppressed)
    phones = known(sample, person, "phone") - sample.suppressed if fallback and not emails else set()
    phones = sorted(phone for phone in phones if (person, phone) in sample.opted_in)
    news = sum(as_of - timedelta(30) < sent <= as_of for sent, _ in sample.sends[person])
    holds = {
        "no_address": not (mine or phones),
        "suppressed": not (emails or phones) and mine <= sample.suppressed,
        "no_consent": not (emails or phones),
        "holdout": is_held_out,
        "promotions_muted": returned_since(sample, person, as_of - timedelta(7), as_of),
        "quiet_hours": not is_open(as_of),
        "over_cap": bool(emails) and news >= 6,  # no SMS goes out before this run
        "lost_to_other_journey": person in contacted,
    }
    verdict = next((reason for reason, says_no in holds.items() if says_no), "due")
    contacted |= {person} if verdict == "due" else set()
    return verdict, "email" if emails else "sms" if phones else "", tuple(emails or phones)


def welcome(sample: Sample, as_of: datetime) -> list[Entry]:
    """Who joined lately; due is the gift, to be given within three days."""
    since, entries = as_of - timedelta(sample.rules["welcome_inside_days"]), []
    for person, joins in sorted(sample.joins.items()):
        if since < (joined_at := min(joins)) <= as_of:
            is_late = joined_at <= as_of - timedelta(3)
            said = ("too_old",) if is_late else speak_service(sample, person, as_of)
            entries.append(Entry(person, "joined", joined_at, True, *said))
    return entries


def order_days(orders: list[Order]) -> list[date]:
    """The days of orders, by the shop's clock: orders of one day are one purchase."""
    return sorted({order.ordered_at.replace(tzinfo=UTC).astimezone(LONDON).date() for order in orders})


def median_gap(sample: Sample, as_of: datetime, buyers: dict[str, str] | None = None) -> int:
    """Days: the smallest average gap that half of those with kept orders on two days do not exceed.

    `buyers`: order → whom the product takes for its buyer; one person that it takes for two has two gaps there.
    """
    kept = kept_orders(sample, as_of)
    if buyers is not None:
        kept, orders = defaultdict(list), [order for own in kept.values() for order in own]
        for order in orders:
            kept[buyers[order.order_id]].append(order)
    days = map(order_days, kept.values())
    gaps = sorted((own[-1] - own[0]).days // (len(own) - 1) for own in days if len(own) >= 2)
    return gaps[(len(gaps) + 1) // 2 - 1]


def second_purchase(
    sample: Sample, as_of: datetime, contacted: set[str], held_out: Pairs = frozenset(), gap: int | None = None
) -> list[Entry]:
    """People who kept orders of one day only, when most others had been back; gap replaces the shop's.

    No export of the sample tells a category, so everybody waits by the shop's gap.
    """
    gap = median_gap(sample, as_of) if gap is None else gap
    wait = timedelta(sample.rules["second_purchase_gap_percent"] * gap // 100)
    since, entries = as_of - timedelta(sample.rules["second_purchase_inside_days"]), []
    for person, orders in sorted(kept_orders(sample, as_of).items()):
        last = orders[-1]
        entered_at, has_product = last.ordered_at + wait, any(order.has_product for order in orders)
        if len(order_days(orders)) > 1 or not has_product or not since < entered_at <= as_of:
            continue
        if not returned_since(sample, person, last.ordered_at, as_of):
            is_late = entered_at <= as_of - timedelta(3)
            is_held_out = ("second_purchase", last.order_id) in held_out
            said = ("too_old",) if is_late else speak(sample, person, as_of, contacted, is_held_out=is_held_out)
            entries.append(Entry(person, last.order_id, entered_at, True, *said))
    return entries


def movements(
    sample: Sample, person: str, since: datetime, as_of: datetime
) -> list[tuple[datetime, str, int, datetime]]:
    """(moved at, order id, points, counted at): goods earn, postage and fees do not; a return takes back."""
    per_point = sample.amount_per_point["GBP"]
    mine = (order for order in sample.orders if order.person == person and since <= order.ordered_at <= as_of)

    def points(order: Order, net: Decimal) -> int:
        within = max(min(net, order.goods), Decimal(0))
        return int((within if net > 0 else min(max(net, order.goods), Decimal(0))) / per_point)

    moved = []
    for order in mine:
        net, bought_at = order.net, order.ordered_at
        moved.append((bought_at, order.order_id, points(order, net), bought_at))
        for at, amount in sorted(order.undone):
            if at <= as_of:
                taken = points(order, max(net - amount, Decimal(0))) - points(order, max(net, Decimal(0)))
                moved.append((at, order.order_id, taken, bought_at))
                net -= amount
    return sorted(move for move in moved if move[2])


def stand(sample: Sample, card: str, as_of: datetime, basket: Fraction) -> Member:
    """A card holder's points in this membership year (pending ones too), tier, and who brought them near the next.

    A tier stays through the year after it was reached. Active points are those of purchases older than 14 days.
    """
    person, issued = sample.cards[card]
    year, pending = timedelta(sample.rules["window_days"]), timedelta(sample.rules["pending_days"])
    starts_at = issued + (as_of - issued) // year * year
    moves = movements(sample, person, issued, as_of)
    points = sum(number for _, _, number, at in moves if at >= starts_at)
    last_points = sum(number for _, _, number, at in moves if starts_at - year <= at < starts_at)
    # a bare return takes at once, one of a known purchase when that purchase's points are active
    balance = sum(
        number
        for at, _, number, bought_at in moves
        if (number < 0 and at == bought_at) or max(at, bought_at + pending) <= as_of
    )
    reached = [name for start, name in sample.tiers if start <= max(points, last_points, 0)]
    start, following = dict(enumerate(sample.tiers)).get(len(reached), (None, None))
    gap, key, moved_at, before = start and start - points, None, None, start
    for at, order_id, number, bought_at in moves if start else ():
        if bought_at >= starts_at:
            if before > basket >= before - number:
                key, moved_at = order_id, at
            before -= number
    return Member(
        card,
        person,
        issued,
        starts_at,
        (starts_at + year - as_of).days,
        points,
        last_points,
        balance,
        sum(number for _, _, number, _ in moves) - balance,
        reached[-1],
        following,
        gap,
        basket,
        key,
        moved_at,
    )


def tier_nudge(
    sample: Sample, as_of: datetime, contacted: set[str], held_out: Pairs = frozenset()
) -> list[tuple[Member, Entry]]:
    """Every card holder; the verdict names the first rule that keeps them out, with its values."""
    kept, wait = kept_orders(sample, as_of), timedelta(sample.rules["nudge_after_purchase_days"])
    per_point, entries = Fraction(sample.amount_per_point["GBP"]), []
    for card, (person, _) in sorted(sample.cards.items()):
        nets = [Fraction(order.net) / per_point for order in kept[person]]
        member = stand(sample, card, as_of, sum(nets) / len(nets) if nets else Fraction(0))
        last = kept[person][-1].ordered_at if nets else None
        rules = {
            "top tier": member.next_tier is None,
            f"gap {member.gap} > basket {float(member.basket):.2f}": member.gap and member.gap > member.basket,
            "no movement of this year brought them near": member.key is None,
            f"bought {last and (as_of - last).days} d ago": last and as_of - last < wait,
            f"{member.days_left} d left in the year": member.days_left < sample.rules["nudge_window_left_days"],
        }
        keeps_out = next((rule for rule, says_no in rules.items() if says_no), None)
        entry = Entry(person, "", None, False, keeps_out)
        if not keeps_out:
            key, entered_at = f"order:{member.key}", max(member.moved_at, last + wait)
            is_late, is_held_out = entered_at <= as_of - timedelta(14), ("tier_nudge", key) in held_out
            said = ("too_old",) if is_late else speak(sample, person, as_of, contacted, is_held_out=is_held_out)
            entry = Entry(person, key, entered_at, True, *said)
        entries.append((member, entry))
    return entries


def win_back(
    sample: Sample, as_of: datetime, contacted: set[str], held_out: Pairs = frozenset(), fallback: bool = True
) -> list[Entry]:
    """All quiet people; those not inside carry the rule that keeps them out."""
    year, entries = as_of - timedelta(365), []
    for person, orders in sorted(kept_orders(sample, as_of).items()):
        order = orders[-1]
        if order.ordered_at > year:
            continue
        sends = [send for send in sorted(sample.sends[person]) if year < send[0] <= as_of][-8:]
        touched = sum(touch for _, touch in sends)
        replied = any(year < at <= as_of for at in sample.replies[person])
        said = (f"not lost: {touched} of the last {len(sends)} clicked or opened, replied: {replied}",)
        if inside := not replied and (len(sends) < 3 or not touched):
            is_held_out = ("win_back", order.order_id) in held_out
            said = speak(sample, person, as_of, contacted, fallback, is_held_out)
        entries.append(Entry(person, order.order_id, order.ordered_at + timedelta(365), inside, *said))
    return entries


def review_request(
    sample: Sample, as_of: datetime, contacted: set[str], days: int | None = None, fallback=False
) -> list[Entry]:
    """Everyone inside, earliest first; days replaces the transit days of every country. Nobody is held out."""
    asked, entries = [], []
    for order in sample.orders:
        if order.waits_from and worth(order, as_of) > 0 and order.has_product:
            transit = sample.transit.get(order.country, 2) if days is None else days
            asked_at = order.waits_from + timedelta(order.wait_days + (transit if order.country else 0))
            if as_of - timedelta(14) < asked_at <= as_of:
                asked.append((asked_at, order.order_id, order))
    for asked_at, order_id, order in sorted(asked):
        if not returned_since(sample, order.person, order.ordered_at, as_of):
            is_late = asked_at <= as_of - timedelta(3)
            said = ("too_old",) if is_late else speak(sample, order.person, as_of, contacted, fallback)
            entries.append(Entry(order.person, order_id, asked_at, True, *said))
    return entries


def journeys(
    sample: Sample, as_of: datetime, held_out: Pairs = frozenset(), gap: int | None = None
) -> dict[str, list[Entry]]:
    """All five, in the order of their priority: one marketing message a person and tick, the first that may."""
    contacted: set[str] = set()
    return {
        "welcome": welcome(sample, as_of),  # a service: neither winner nor loser
        "tier_nudge": [entry for _, entry in tier_nudge(sample, as_of, contacted, held_out)],
        "win_back": win_back(sample, as_of, contacted, held_out),
        "second_purchase": second_purchase(sample, as_of, contacted, held_out, gap),
        "review_request": review_request(sample, as_of, contacted),
    }
