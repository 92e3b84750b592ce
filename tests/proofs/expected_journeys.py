# ruff: noqa: T201
"""The answer key: who is inside and who is due in the five journeys, from truth/, the exports and the seeds.

python -m tests.proofs.expected_journeys CHANNELS_DIR [--published DATA/published/current] [--as-of MOMENT]
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from .five_journeys import Member, journeys, median_gap, review_request, second_purchase, tier_nudge
from .sample_truth import Sample, clean, read_sample, utc

Identifiers = Iterable[tuple[str, str, str]]  # customer_id, identifier_type, identifier


def people_of(identifiers: Identifiers, sample: Sample) -> dict[str, str]:
    """customer -> the person they are; of several, one whom wholeness() does not call whole."""
    sure, maybe = defaultdict(set), defaultdict(set)
    for customer, kind, value in identifiers:
        owners = sample.owners[kind, clean(kind, str(value))]
        (sure if len(owners) == 1 else maybe)[customer] |= owners
    known = {customer: sure[customer] or maybe[customer] for customer in {*sure, *maybe}}
    return {customer: min(people) for customer, people in known.items() if people}


def wholeness(identifiers: Identifiers, sample: Sample) -> dict[str, str]:
    """person -> whole, or why not; by what the product made of the identifiers."""
    found, holds, causes = defaultdict(set), defaultdict(set), {}
    for customer, kind, value in identifiers:
        key = kind, clean(kind, str(value))
        found[key].add(customer)
        holds[customer] |= sample.owners[key] if len(sample.owners[key]) == 1 else set()
    for person in sorted(set().union(*sample.owners.values())):
        own = {key for key in sample.keys[person] if len(sample.owners[key]) == 1}
        customers = {customer for key in own for customer in found[key]}
        reasons = {
            "no_record": not sample.keys[person],
            "not_published": any(not found[key] for key in own),
            "split": len(customers) > 1,
            "mixed_with_another": any(holds[customer] != {person} for customer in customers),
            "shared_phone": own != sample.keys[person],
        }
        causes[person] = next((reason for reason, is_so in reasons.items() if is_so), "whole")
    return causes


def compare(published: Path, sample: Sample, as_of: datetime) -> tuple[list[str], dict[str, Counter]]:
    """Differences, by order ids and addresses, for whole people; counts for all people by cause."""
    import duckdb

    def table(name: str, columns: str) -> list[tuple]:
        return duckdb.sql(f"select {columns} from read_parquet('{published / name}.parquet')").fetchall()

    def differ(what: str, expected: set, found: set) -> None:
        """Rows are (person, ...), the person None where truth knows nobody."""
        for word, some in (("expected", expected), ("found", found), ("equal", expected & found)):
            for person, *_ in some:
                counts[causes.get(person, "nobody_known")][f"{what} {word}"] += 1
        for word, some in (("missing", expected - found), ("not expected", found - expected)):
            whole = (row for row in some if causes.get(row[0], "whole") == "whole")
            differences.extend(f"{what}: {word} {row}" for row in sorted(whole, key=str))

    identifiers = table("identifiers", "customer_id, identifier_type, identifier")
    causes = wholeness(identifiers, sample)
    counts, differences = defaultdict(Counter), []
    for cause in causes.values():
        counts[cause]["people"] += 1
    owner = {order.order_id: order.person for order in sample.orders}
    holders = defaultdict(set)  # customer -> the people whose orders it holds
    orders = [row for row in table("orders", "order_id, customer_id, ordered_at") if row[0] in owner]
    for order_id, customer, _ in orders:
        holders[customer].add(owner[order_id])
    one = Counter(person for people in holders.values() for person in people)
    alone = {customer: len(people) == 1 and one[max(people)] == 1 for customer, people in holders.items()}
    differ(
        "orders",
        {(o.person, o.order_id, o.ordered_at, True) for o in sample.orders if o.ordered_at <= as_of},
        {(owner[order_id], order_id, utc(at), alone[customer]) for order_id, customer, at in orders},
    )

    candidates = published / "outbox_candidates.parquet"
    held = table("outbox_candidates", "journey, entry_key, hold_reason") if candidates.exists() else []
    held_out = frozenset((name, key) for name, key, reason in held if reason == "holdout")
    persons, due, sent = people_of(identifiers, sample), {}, Counter()
    gap = median_gap(sample, as_of, {order_id: customer for order_id, customer, _ in orders})
    for name, entries in journeys(sample, as_of, held_out, gap).items():
        due |= {(entry.person, name): entry for entry in entries if entry.verdict == "due"}
        found = table(f"audience_{name}", "customer_id, entry_key, entered_at")
        # since when somebody is lost is the product's to word
        differ(
            f"audience_{name}",
            {(e.person, e.key, name == "win_back" or e.entered_at) for e in entries if e.inside},
            {(persons.get(customer), key, name == "win_back" or utc(at)) for customer, key, at in found},
        )
    columns = "customer_id, tier, points_balance, points_pending, points_to_next_tier"
    differ(
        "memberships",
        {(m.person, m.tier, m.balance, m.pending, m.gap) for m, _ in tier_nudge(sample, as_of, set())},
        {(persons.get(customer), *standing) for customer, *standing in table("memberships", columns)},
    )
    for name, channel, address in table("outbox", "journey, channel, address"):
        kind = "phone" if channel == "sms" else "email"
        owners = sorted(sample.owners[kind, clean(kind, address)])
        owners.sort(key=lambda person, name=name: (person, name) not in due)  # of a shared phone, who is due
        if clean(kind, address) in sample.suppressed:
            differences.append(f"outbox: {name} to the suppressed {address}")
        entry = due.get((owners[0], name)) if owners else None
        right = entry and channel == entry.channel and clean(kind, address) in entry.addresses
        sent[owners[0] if owners else None, name, channel, entry.addresses if right else address] += 1
    differ(
        "outbox",
        {(person, name, e.channel, e.addresses, 1) for (person, name), e in due.items()},
        {(*message, number) for message, number in sent.items()},
    )
    return differences, counts


def show(sample: Sample, as_of: datetime) -> None:
    """Counts, everybody concerned, the card holders one by one, and how far the lists hang on what is unsure."""
    for name, entries in journeys(sample, as_of).items():
        print(name, Counter("inside" for e in entries if e.inside), Counter(e.verdict for e in entries if e.inside))
        for entry in entries:
            if name != "tier_nudge":
                print(" ", *entry[:3], entry.verdict, entry.channel, *entry.addresses)
    print(" ".join(Member._fields), "verdict")
    for member, entry in tier_nudge(sample, as_of, set()):
        facts = (f"{fact:%F}" if isinstance(fact, datetime) else fact for fact in member)
        print(" ", *(f"{float(fact):.2f}" if isinstance(fact, Fraction) else fact for fact in facts), entry.verdict)
    usual = median_gap(sample, as_of)
    for gap in range(usual - 3, usual + 4):
        entries = second_purchase(sample, as_of, set(), gap=gap)
        counts = Counter(entry.verdict for entry in entries)
        print(f"gap {gap} d{' (the median)' * (gap == usual)}: inside {len(entries)}, {dict(counts)}")
    for days, fallback in ((days, fallback) for days in range(1, 6) for fallback in (False, True)):
        entries = review_request(sample, as_of, set(), days, fallback)
        inside = Counter(e.key.split(":")[0] for e in entries)
        due = Counter(f"{e.key.split(':')[0]} {e.channel}" for e in entries if e.verdict == "due")
        print(f"transit {days} d, SMS fallback {fallback}: inside {dict(inside)}, due {dict(due)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("channels", type=Path)
    parser.add_argument("--published", type=Path)
    parser.add_argument("--as-of", default="2025-12-10T10:00Z")
    args = parser.parse_args()
    sample, as_of = read_sample(args.channels), utc(args.as_of)
    if not args.published:
        show(sample, as_of)
        return 0
    differences, counts = compare(args.published, sample, as_of)
    for cause, count in sorted(counts.items()):
        print(f"{cause}: {dict(count)}")
    print(*differences, f"{len(differences)} differences", sep="\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
