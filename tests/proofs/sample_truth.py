"""What truth/ and the exports beside it say about people: whose record is whose, what they bought, agreed to, did.

Nothing of the product is imported and no identity is resolved: people are the person ids of truth/. A receipt
without phone, e-mail and card is nobody's, since no export says whose it is. Times are naive UTC.
"""

import csv
import gzip
import json
import os
import re
from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace as Sample
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
NON_PRODUCT = "POST|DOT|M|D|S|B|C2|CRUK|PADS|AMAZONFEE|BANK CHARGES|gift_.*"
KEYWORDS = {"stop", "stopp", "stopall", "unsubscribe", "cancel", "end", "quit", "start", "help"}  # no replies
LISTS = [f"newsletter/{name}_members_export.csv" for name in ("subscribed", "unsubscribed", "cleaned")]
RULES = ("journey_timing", "programme")
RECORDS = {  # a file's key columns and what they hold; the first says whose the row is
    "shopify/customers_export.csv": {"Customer ID": "shop_customer", "Email": "email", "Phone": "phone"},
    "pos/members.csv": {"member_card": "member_card", "email": "email", "phone": "phone"},
    **{path: {"Email Address": "email", "Phone Number": "phone"} for path in LISTS},
}
# waits_from None: not on its way yet; country: of the parcel, whose transit days are added to wait_days
ORDER = "order_id person ordered_at net has_product is_return goods waits_from wait_days country undone"
Order = namedtuple("Order", ORDER, defaults=("", ()))  # undone: (moment, amount) of what came back at a till later
TILL_RETURN_DAYS = 90


def rows(path: Path) -> Iterator[dict[str, str]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def export(channels: Path, path: str) -> Path:
    """A file of a set, packed or not; where the set has none, an empty one."""
    found = (channels / f"{path}{ending}" for ending in ("", ".gz"))
    return next((each for each in found if each.exists()), Path(os.devnull))


def json_lines(path: Path) -> list[dict]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def clean(kind: str, text: str) -> str:
    text = text.strip().lstrip("'").lower()
    digits = re.sub(r"^00", "+", re.sub(r"\(0\)|[^\d+]", "", text))
    return re.sub(r"^0", "+44", digits) if kind == "phone" else text


def utc(moment: str | int | datetime) -> datetime:
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    moment = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else moment
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def note(sample: Sample, person: str, keys: dict[str, str]) -> bool:
    """Remember identifiers seen on one of a person's records; False when it carries none.

    Whose record it is, truth says; an identifier that truth gives to others alone is then theirs as well.
    """
    seen = {(kind, clean(kind, text)) for kind, text in keys.items() if text.strip()}
    for key in seen:
        sample.owners[key].add(person)
    sample.keys[person] |= seen
    return bool(seen)


def known(sample: Sample, person: str, kind: str) -> set[str]:
    return {key for its_kind, key in sample.keys[person] if its_kind == kind}


def read_sample(channels: Path, seeds: Path = SEEDS) -> Sample:
    """keys: person -> {(type, identifier)} in the exports; owners: the reverse, by truth; sends: person ->
    [(sent at, clicked or opened by a human)]; opted_in: e-mail addresses and (person, phone); joins: person ->
    [newsletter confirmed or card issued]; cards: member card -> (person, issued at midnight UTC)."""
    sample = Sample(
        transit={row["country"]: int(row["transit_days"]) for row in rows(seeds / "countries.csv")},
        rules={row["rule"]: int(row["amount"]) for name in RULES for row in rows(seeds / f"{name}.csv")},
        tiers=sorted((int(row["from_points"]), row["tier"]) for row in rows(seeds / "tiers.csv")),
        amount_per_point={r["currency"]: Decimal(r["amount_per_point"]) for r in rows(seeds / "earning_rules.csv")},
        joins=defaultdict(list),
        cards={},
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
        for row in rows(export(channels, path)):
            first = next(iter(columns))
            for person in sorted(sample.owners[columns[first], clean(columns[first], row[first])]):
                note(sample, person, {kind: row[column] for column, kind in columns.items()})
                if path in LISTS:  # whatever list it is on now, it was confirmed
                    sample.joins[person].append(utc(row["CONFIRM_TIME"] or row["OPTIN_TIME"]))
                if path == "pos/members.csv":
                    issued = datetime.strptime(row["joined"], "%d.%m.%Y")  # noqa: DTZ007
                    sample.joins[person].append(issued)
                    sample.cards[row["member_card"]] = person, issued
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
    for event in json_lines(export(channels, "sendgrid/events.jsonl")):
        messages[event["sg_message_id"], clean("email", event["email"])].append(event)
    for (_, address), events in messages.items():
        sent = [utc(event["timestamp"]) for event in events if event["event"] in ("processed", "delivered")]
        opens = [event for event in events if event["event"] == "open" and not event["sg_machine_open"]]
        touched = bool(opens) or any(event["event"] == "click" for event in events)
        for person in sample.owners["email", address]:
            sample.sends[person] += [(min(sent), touched)] if sent else []
    for text in json_lines(export(channels, "twilio/inbound.jsonl")):
        if text["form"]["Body"].strip(" .!").lower() not in KEYWORDS:
            for person in sample.owners["phone", clean("phone", text["form"]["From"])]:
                sample.replies[person].append(utc(text["received_at"]))
    for row in rows(export(channels, "reviews/judgeme_reviews.csv")):
        at = utc(row["review_date"].replace(" UTC", "+00:00"))
        sample.reviewed[clean("email", row["reviewer_email"])].append(at)
    return sample


def worth(line: dict[str, str]) -> Decimal:
    """What one line of a web order cost."""
    price = Decimal(line["Lineitem quantity"]) * Decimal(line["Lineitem price"])
    return price - Decimal(line["Lineitem discount"] or 0)


def amount(line: dict[str, str]) -> Decimal:
    return Decimal(line["line_total"].replace(",", "."))


def told_by(line: dict[str, str]) -> dict[str, str]:
    """What a receipt tells of its buyer."""
    keys = {"phone": line["member_phone"], "email": line["member_email"], "member_card": line["member_card"]}
    return {kind: text for kind, text in keys.items() if text.strip()}


Undone = namedtuple("Undone", "of matched")  # receipt → (moment, amount) of what came back of it; ids of those lines


def returns_undone(receipts: dict[tuple, list[dict[str, str]]], is_product: Callable[[str], bool]) -> Undone:
    """Each returned line with the last purchase by its buyer of that article at that price, one after the other."""
    undone, bought = Undone(defaultdict(list), set()), defaultdict(list)
    moments = {key: datetime.strptime(key[3], "%d.%m.%Y %H:%M").replace(tzinfo=LONDON) for key in receipts}
    for key in sorted(receipts, key=lambda key: (moments[key], key)):
        for line in sorted(receipts[key], key=lambda line: line["kind"] == "return"):
            keys = ((kind, line[f"member_{kind}"]) for kind in ("card", "phone", "email"))
            buyer = next((clean(kind, text) for kind, text in keys if text.strip()), None)
            pieces = Decimal(line["qty"].replace(",", "."))
            if not buyer or not pieces or not amount(line) or not is_product(line["sku"]):
                continue
            found = bought[buyer, line["sku"], amount(line) / pieces]
            if line["kind"] != "return":
                found.append([key, pieces])
                continue
            for purchase in reversed(found):
                is_late = moments[key] >= moments[purchase[0]] + timedelta(TILL_RETURN_DAYS)
                if not is_late and purchase[0] != key and purchase[1] >= -pieces:
                    purchase[1] += pieces
                    undone.of[purchase[0]].append((utc(moments[key]), -amount(line)))
                    undone.matched.add(id(line))
                    break
    return undone


def read_orders(sample: Sample, channels: Path, seeds: Path) -> None:
    """Orders with their owner: web by the invoice in Note Attributes, POS by moment and amount.

    Of two receipts of one moment and amount each is its own buyer's, by what it tells of them.
    """
    codes = seeds / "line_patterns.csv"
    known = [row["pattern"] for row in rows(codes) if row["field"] == "sku"] if codes.exists() else [NON_PRODUCT]
    pattern = "|".join(known)
    is_product = lambda sku: not re.fullmatch(pattern, sku.strip(), re.I)  # noqa: E731
    truth = list(rows(channels / "truth/orders.csv"))
    invoices = {row["invoice"]: row["person_id"] for row in truth}
    tills = defaultdict(list)
    for row in truth:
        if row["channel"] == "pos":
            tills[row["ts"], Decimal(row["net_amount"])].append(row["person_id"])
    web, receipts = defaultdict(list), defaultdict(list)
    for row in rows(export(channels, "shopify/orders_export_1.csv")):
        web[row["Name"]].append(row)
    for row in rows(export(channels, "pos/receipts.csv")):
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
        goods = sum((worth(line) for line in lines if is_product(line["Lineitem sku"])), Decimal(0))
        order_id = f"shopify:{head['Id']}"
        sample.orders.append(Order(order_id, person, at, net, has_product, refund > 0, goods, *waits))
    undone = returns_undone(receipts, is_product)
    told = {receipt: told_by(lines[0]) for receipt, lines in receipts.items()}
    # who tells nothing gets what is left: it is nobody's anyway
    for (store, till, number, sold_at), lines in sorted(receipts.items(), key=lambda each: not told[each[0]]):
        local = datetime.strptime(sold_at, "%d.%m.%Y %H:%M").replace(tzinfo=LONDON)
        net = sum((Decimal(line["line_total"].replace(",", ".")) for line in lines), Decimal(0))
        order_id, buyers = f"pos:{store}/{till}/{number}/{local:%F}", tills[f"{local:%F %T}", net]
        keys = told[store, till, number, sold_at]
        theirs = set().union(*(sample.owners[kind, clean(kind, text)] for kind, text in keys.items()))
        person = next((buyer for buyer in buyers if buyer in theirs), buyers[0])
        buyers.remove(person)
        has_product = any(is_product(line["sku"]) for line in lines)
        is_return = any(line["kind"] == "return" for line in lines)
        totals = (line["line_total"].replace(",", ".") for line in lines if is_product(line["sku"]))
        goods = sum(map(Decimal, totals), Decimal(0))
        matched = sum((amount(line) for line in lines if id(line) in undone.matched), Decimal(0))
        net, goods = net - matched, goods - matched
        later = tuple(undone.of[store, till, number, sold_at])
        if note(sample, person, keys):
            sold = utc(local)
            sample.orders.append(Order(order_id, person, sold, net, has_product, is_return, goods, sold, 7, "", later))
    left = {key: buyers for key, buyers in tills.items() if buyers}
    assert not left, f"truth has till receipts the export lacks: {left}"
