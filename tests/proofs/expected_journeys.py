# ruff: noqa: T201
"""The answer key: who is inside and who is due in review_request and win_back, from truth/ and the exports.

    expected_journeys.py CHANNELS_DIR [--published DATA/published/current] [--candidates-for-mutation]

Nothing of the product is imported and no identity is resolved: people are the person ids of truth/. A receipt
without phone, e-mail and card is nobody's, since no export says whose it is. Times are naive UTC.
"""

import argparse
import csv
import gzip
import json
import re
import sys
from collections import Counter, defaultdict, namedtuple
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace as Sample
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
NON_PRODUCT = "POST|DOT|M|D|S|B|C2|CRUK|PADS|AMAZONFEE|BANK CHARGES|gift_.*"
KEYWORDS = {"stop", "stopp", "stopall", "unsubscribe", "cancel", "end", "quit", "start", "help"}  # no replies
BLOCKING = {"bounce", "dropped", "unsubscribe", "group_unsubscribe", "spamreport"}
LISTS = [f"newsletter/{name}_members_export.csv" for name in ("subscribed", "unsubscribed", "cleaned")]
RECORDS = {  # a file's key columns and what they hold; the first says whose the row is
    "shopify/customers_export.csv": {"Customer ID": "shop_customer", "Email": "email", "Phone": "phone"},
    "pos/members.csv": {"member_card": "member_card", "email": "email", "phone": "phone"},
    **{path: {"Email Address": "email", "Phone Number": "phone"} for path in LISTS},
}
# waits_from None: not on its way yet; country: of the parcel, whose transit days are added to wait_days
ORDER = "order_id person ordered_at net has_product is_return waits_from wait_days country"
Order = namedtuple("Order", ORDER, defaults=("",))
# order_id is the entry key; verdict is "due" or the first rule that says no; any of the addresses is right
Entry = namedtuple("Entry", "person order_id entered_at inside verdict channel addresses", defaults=("", ()))


def rows(path: Path) -> Iterator[dict[str, str]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def json_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def clean(kind: str, text: str) -> str:
    text = text.strip().lstrip("'").lower()
    digits = re.sub(r"^00", "+", re.sub(r"\(0\)|[^\d+]", "", text))
    return re.sub(r"^0", "+44", digits) if kind == "phone" else text


def utc(moment: str | int | datetime) -> datetime:
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    moment = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else moment
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def note(sample: Sample, person: str, keys: dict[str, str]) -> bool:
    """Remember identifiers seen on one of a person's records; False when it carries none."""
    seen = {(kind, clean(kind, text)) for kind, text in keys.items() if text.strip()}
    assert all(person in sample.owners[key] for key in seen), f"truth gives {seen} to others than {person}"
    sample.keys[person] |= seen
    return bool(seen)


def known(sample: Sample, person: str, kind: str) -> set[str]:
    return {key for its_kind, key in sample.keys[person] if its_kind == kind}


def read_sample(channels: Path, seeds: Path = SEEDS) -> Sample:
    """keys: person -> {(type, identifier)} in the exports; owners: the reverse, by truth; sends: person ->
    [(sent at, clicked or opened by a human)]; opted_in: e-mail addresses and (person, phone)."""
    countries = rows(seeds / "countries.csv") if (seeds / "countries.csv").exists() else ()
    sample = Sample(
        transit={row["country"]: int(row["transit_days"]) for row in countries},
        orders=[],
        keys=defaultdict(set),
        owners=defaultdict(set),
        sends=defaultdict(list),
        replies=defaultdict(list),
        reviewed=defaultdict(list),
    )
    consent = json.loads((channels / "truth/consent.json").read_text())
    for row in rows(channels / "truth/identity.csv"):
        kind = row["key_type"].replace("shopify_customer", "shop_customer")
        sample.owners[kind, clean(kind, row["key"])].add(row["person_id"])
    for person, state in consent.items():  # identity.csv lacks the e-mail of those the web shop never met
        sample.owners["email", clean("email", state["email"])].add(person)
    flagged = set()  # Shopify's yes: the only word on addresses consent.json leaves out, and needed for SMS
    for path, columns in RECORDS.items():
        for row in rows(channels / path):
            first = next(iter(columns))
            (person,) = sample.owners[columns[first], clean(columns[first], row[first])]
            note(sample, person, {kind: row[column] for column, kind in columns.items()})
            for name, kind in (("Email", "email"), ("SMS", "phone")):
                if row.get(f"Accepts {name} Marketing") == "yes":
                    flagged.add(clean(kind, row[name.replace("SMS", "Phone")]))
    read_orders(sample, channels, seeds)

    states = {clean("email", state["email"]): state["email_state"] for state in consent.values()}
    said_yes = {email for email, state in states.items() if state == "opted_in"}
    sample.opted_in = (
        said_yes
        | (flagged - set(states))
        | {
            (person, state["phone"])
            for person, state in consent.items()
            if state["sms_state"] == "opted_in" and state["phone"] in flagged
        }
    )
    banned = json.loads((channels / "truth/suppressed.json").read_text())
    sample.suppressed = {address.lower() for group in banned.values() for address in group}
    messages = defaultdict(list)
    for event in json_lines(channels / "sendgrid/events.jsonl.gz"):
        messages[event["sg_message_id"], clean("email", event["email"])].append(event)
    for (_, address), events in messages.items():
        (person,) = sample.owners["email", address]
        sent = [utc(event["timestamp"]) for event in events if event["event"] in ("processed", "delivered")]
        opens = [event for event in events if event["event"] == "open" and not event["sg_machine_open"]]
        touched = bool(opens) or any(event["event"] == "click" for event in events)
        sample.sends[person] += [(min(sent), touched)] if sent else []
    for text in json_lines(channels / "twilio/inbound.jsonl.gz"):
        if text["form"]["Body"].strip(" .!").lower() not in KEYWORDS:
            for person in sample.owners["phone", clean("phone", text["form"]["From"])]:
                sample.replies[person].append(utc(text["received_at"]))
    for row in rows(channels / "reviews/judgeme_reviews.csv"):
        at = utc(row["review_date"].replace(" UTC", "+00:00"))
        sample.reviewed[clean("email", row["reviewer_email"])].append(at)
    return sample


def read_orders(sample: Sample, channels: Path, seeds: Path) -> None:
    """Orders with their owner: web by the invoice in Note Attributes, POS by moment and amount (unique)."""
    codes = seeds / "non_product_codes.csv"
    pattern = "|".join(row["sku_pattern"] for row in rows(codes)) if codes.exists() else NON_PRODUCT
    is_product = lambda sku: not re.fullmatch(pattern, sku.strip(), re.I)  # noqa: E731
    truth = list(rows(channels / "truth/orders.csv"))
    invoices = {row["invoice"]: row["person_id"] for row in truth}
    tills = {(r["ts"], Decimal(r["net_amount"])): r["person_id"] for r in truth if r["channel"] == "pos"}
    web, receipts = defaultdict(list), defaultdict(list)
    for row in rows(channels / "shopify/orders_export_1.csv.gz"):
        web[row["Name"]].append(row)
    for row in rows(channels / "pos/receipts.csv.gz"):
        receipts[row["store"], row["till"], row["receipt_no"], row["sold_at"]].append(row)
    for lines in web.values():
        head, at = lines[0], utc(lines[0]["Created at"])
        person = invoices[head["Note Attributes"].removeprefix("orig_invoice: ")]
        for column in ("Phone", "Billing Phone"):
            note(sample, person, {"email": head["Email"], "phone": head[column]})
        subtotal, refund = Decimal(head["Subtotal"]), Decimal(head["Refunded Amount"])
        net = subtotal - min(refund, subtotal) if head["Paid at"] and not head["Cancelled at"] else Decimal(0)
        waits = (None, 10) if head["Fulfillment Status"] else (at, 10)
        if head["Fulfillment Status"] == "fulfilled" and head["Fulfilled at"]:
            waits = (utc(head["Fulfilled at"]), 10, head["Shipping Country"] or "GB")
        has_product = any(is_product(line["Lineitem sku"]) for line in lines)
        sample.orders.append(Order(f"shopify:{head['Id']}", person, at, net, has_product, refund > 0, *waits))
    for (store, till, number, sold_at), lines in receipts.items():
        local = datetime.strptime(sold_at, "%d.%m.%Y %H:%M").replace(tzinfo=LONDON)
        net = sum((Decimal(line["line_total"].replace(",", ".")) for line in lines), Decimal(0))
        person, order_id = tills.pop((f"{local:%F %T}", net)), f"pos:{store}/{till}/{number}/{local:%F}"
        has_product = any(is_product(line["sku"]) for line in lines)
        is_return = any(line["kind"] == "return" for line in lines)
        keys = {kind: lines[0][f"member_{kind}"] for kind in ("phone", "email")}
        if note(sample, person, keys | {"member_card": lines[0]["member_card"]}):
            sold = utc(local)
            sample.orders.append(Order(order_id, person, sold, net, has_product, is_return, sold, 7))
    assert not tills, f"truth has till receipts the export lacks: {tills}"


def speak(sample: Sample, person: str, as_of: datetime, fallback: bool, spoken: set[str]) -> tuple:
    """(verdict, channel, addresses) of somebody inside and in time; who is due is added to spoken."""
    mine = known(sample, person, "email")
    emails = sorted(mine & sample.opted_in - sample.suppressed)
    phones = known(sample, person, "phone") - sample.suppressed if fallback and not emails else set()
    phones = sorted(phone for phone in phones if (person, phone) in sample.opted_in)
    returns = [order.ordered_at for order in sample.orders if order.person == person and order.is_return]
    news = sum(as_of - timedelta(30) < sent <= as_of for sent, _ in sample.sends[person])
    holds = {
        "no_address": not (mine or phones),
        "suppressed": not (emails or phones) and mine <= sample.suppressed,
        "no_consent": not (emails or phones),
        "promotions_muted": any(as_of - timedelta(7) < at <= as_of for at in returns),
        "quiet_hours": not 9 <= as_of.replace(tzinfo=UTC).astimezone(LONDON).hour < 20,
        "over_cap": bool(emails) and news >= 6,  # no SMS goes out before this run
        "lost_to_other_journey": person in spoken,
    }
    verdict = next((reason for reason, says_no in holds.items() if says_no), "due")
    spoken |= {person} if verdict == "due" else set()
    return verdict, "email" if emails else "sms" if phones else "", tuple(emails or phones)


def review_request(sample: Sample, as_of: datetime, days: int | None = None, fallback=False) -> list[Entry]:
    """Everyone inside, earliest first; days replaces the transit days of every country."""
    returned, asked, entries, spoken = defaultdict(list), [], [], set()
    for order in sample.orders:
        if order.is_return and order.ordered_at <= as_of:
            returned[order.person].append(order.ordered_at)
        if order.waits_from and order.net > 0 and order.has_product:
            transit = sample.transit.get(order.country, 2) if days is None else days
            asked_at = order.waits_from + timedelta(order.wait_days + (transit if order.country else 0))
            if as_of - timedelta(14) < asked_at <= as_of:
                asked.append((asked_at, order.order_id, order))
    for asked_at, order_id, order in sorted(asked):
        if not any(moment > order.ordered_at for moment in returned[order.person]):
            too_old = asked_at <= as_of - timedelta(3)
            said = ("too_old",) if too_old else speak(sample, order.person, as_of, fallback, spoken)
            entries.append(Entry(order.person, order_id, asked_at, True, *said))
    return entries


def win_back(sample: Sample, as_of: datetime, fallback: bool = True) -> list[Entry]:
    """All quiet people, before the holdout; those not inside carry the rule that keeps them out."""
    last, year, entries = {}, as_of - timedelta(365), []
    for order in sorted(sample.orders, key=lambda order: order.ordered_at):
        if order.net > 0 and order.ordered_at <= as_of:
            last[order.person] = order
    for person, order in sorted((person, order) for person, order in last.items()):
        if order.ordered_at > year:
            continue
        sends = [send for send in sorted(sample.sends[person]) if year < send[0] <= as_of][-8:]
        touched = sum(touch for _, touch in sends)
        replied = any(year < at <= as_of for at in sample.replies[person])
        said = (f"not lost: {touched} of the last {len(sends)} clicked or opened, replied: {replied}",)
        if inside := not replied and (len(sends) < 3 or not touched):
            said = speak(sample, person, as_of, fallback, set())
        entries.append(Entry(person, order.order_id, order.ordered_at + timedelta(365), inside, *said))
    return entries


def wholeness(identifiers: Iterable[tuple[str, str, str]], sample: Sample) -> dict[str, str]:
    """person -> whole, or why not; from rows of (customer_id, identifier_type, identifier)."""
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

    causes = wholeness(table("identifiers", "customer_id, identifier_type, identifier"), sample)
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
        {(order.person, order.order_id, order.ordered_at, True) for order in sample.orders},
        {(owner[order_id], order_id, utc(at), alone[customer]) for order_id, customer, at in orders},
    )

    due, held_out, sent = {}, set(), Counter()
    if (published / "outbox_candidates.parquet").exists():
        held = table("outbox_candidates", "entry_key, journey, hold_reason")
        held_out = {key for key, *why in held if why == ["win_back", "holdout"]}
    for name, journey in (("review_request", review_request), ("win_back", win_back)):
        entries, found = journey(sample, as_of), table(f"audience_{name}", "entry_key, entered_at")
        due |= {(e.person, name): e for e in entries if e.verdict == "due" and e.order_id not in held_out}
        # since when somebody is lost is the product's to word
        differ(
            f"audience_{name}",
            {(e.person, e.order_id, name == "win_back" or e.entered_at) for e in entries if e.inside},
            {(owner.get(key), key, name == "win_back" or utc(at)) for key, at in found},
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


def mutation_candidates(sample: Sample, as_of: datetime) -> list[Entry]:
    """Suppressed e-mails which, opted in, give one message more; not of people who wrote a review since."""

    def messages(state: Sample) -> dict[str, Entry]:
        entries = review_request(state, as_of) + win_back(state, as_of)
        return {entry.order_id: entry for entry in entries if entry.verdict == "due"}

    before, ordered_at, found = messages(sample), {o.order_id: o.ordered_at for o in sample.orders}, []
    for entry in review_request(sample, as_of):
        for email in known(sample, entry.person, "email") & sample.suppressed:
            freed = {"opted_in": sample.opted_in | {email}, "suppressed": sample.suppressed - {email}}
            after = messages(Sample(**{**vars(sample), **freed}))
            if (
                set(after) - set(before) == {entry.order_id}
                and len(after) == len(before) + 1
                and not any(at > ordered_at[entry.order_id] for at in sample.reviewed[email])
            ):
                found.append(after[entry.order_id])
    return found


def evidence(channels: Path, email: str) -> list[str]:
    """The landing rows that suppress an address."""
    listed = [
        f"{path}: {[value for value in row.values() if value]}"
        for path in LISTS
        for row in rows(channels / path)
        if clean("email", row["Email Address"]) == email
    ]
    path = "sendgrid/events.jsonl.gz"
    return listed + [
        f"{path}: {event}"
        for event in json_lines(channels / path)
        if event["event"] in BLOCKING and clean("email", event["email"]) == email
    ]


def make_opted_in(landing: Path, email: str) -> None:
    """Edit a copy of the landing folder: one address subscribed and confirmed, its blocking events gone."""
    tables = {path: list(rows(landing / path)) for path in LISTS}
    everyone = (row for table in tables.values() for row in table)
    (moved,) = [row for row in everyone if clean("email", row["Email Address"]) == email]
    moved["CONFIRM_TIME"] = moved["CONFIRM_TIME"] or moved["OPTIN_TIME"]
    for path, table in tables.items():
        (landing / path).chmod(0o644)  # a copy of a read-only file is read-only
        with open(landing / path, "w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(table[0]), extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows([row for row in table if row is not moved] + [moved] * (path == LISTS[0]))
    path = landing / "sendgrid/events.jsonl.gz"
    kept = [
        json.dumps(event) + "\n"
        for event in json_lines(path)
        if event["event"] not in BLOCKING or clean("email", event["email"]) != email
    ]
    path.chmod(0o644)
    path.write_bytes(gzip.compress("".join(kept).encode(), mtime=0))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("channels", type=Path)
    parser.add_argument("--published", type=Path)
    parser.add_argument("--candidates-for-mutation", action="store_true")
    parser.add_argument("--as-of", default="2025-12-10T10:00Z")
    args = parser.parse_args()
    sample, as_of = read_sample(args.channels), utc(args.as_of)
    if args.candidates_for_mutation:
        for entry in mutation_candidates(sample, as_of):
            print(*entry[:3], *(line for email in entry.addresses for line in evidence(args.channels, email)))
        return 0
    if args.published:
        differences, counts = compare(args.published, sample, as_of)
        for cause, count in sorted(counts.items()):
            print(f"{cause}: {dict(count)}")
        print(*differences, f"{len(differences)} differences", sep="\n")
        return 1 if differences else 0
    for name, journey in (("review_request", review_request), ("win_back", win_back)):
        entries = journey(sample, as_of)
        print(name, Counter("inside" for e in entries if e.inside), Counter(e.verdict for e in entries))
        for entry in entries:
            print(" ", *entry[:3], entry.verdict, entry.channel, *entry.addresses)
    for days, fallback in ((days, fallback) for days in range(1, 6) for fallback in (False, True)):
        entries = review_request(sample, as_of, days, fallback)
        inside = Counter(e.order_id.split(":")[0] for e in entries)
        due = Counter(f"{e.order_id.split(':')[0]} {e.channel}" for e in entries if e.verdict == "due")
        print(f"transit {days} d, SMS fallback {fallback}: inside {dict(inside)}, due {dict(due)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
