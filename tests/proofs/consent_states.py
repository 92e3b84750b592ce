"""Consent and suppression of every address of truth/: each person's e-mail and number, exactly, without tolerance.

truth's word -> ours, for the customer who is that person:
    opted_in      consents.state opted_in, and no suppression
    opted_out     opted_out; suppressed as unsubscribed (e-mail; as bounced, if it did that too) or stopped (sms)
    hard_bounced  opted_out; suppressed as bounced
    complained    opted_out; suppressed as complained
    none          no row, and no suppression

Nothing of the product is imported. A person is the customers of their e-mail, shop account and card; of their number,
if they are known by nothing else. Of a shared number each person is compared; a STOP closes it for all. A yes to SMS
comes from the flag of a shop account and nothing else: where truth/ has one and no account in the exports carries it,
`none` is right, since nobody could know. Those are counted apart.
"""

import json
from collections import Counter, defaultdict
from pathlib import Path

from .commands import query
from .sample_truth import clean, rows

UNTOLD = "sms opted_in, in no export"
REASONS = {
    "email opted_out": {"unsubscribed", "bounced"},
    "sms opted_out": {"stopped"},
    "email hard_bounced": {"bounced"},
    "email complained": {"complained"},
}


def compare(data: Path, channels: Path) -> tuple[list[str], Counter[str]]:
    """Every difference in words, and how many addresses of each channel and truth's word were compared."""
    closed = json.loads((channels / "truth/suppressed.json").read_text())
    never = {address.lower() for group in closed.values() for address in group}
    reasons = dict(query(data, "select address, reason from {suppressions}"))
    differences = [f"suppressed by one side only: {address}" for address in sorted(never ^ set(reasons))]
    counts = Counter(suppressed=len(never))
    states, owners, keys = defaultdict(set), defaultdict(set), defaultdict(set)
    for customer, address, state in query(data, "select customer_id, address, state from {consents}"):
        states[customer, address].add(state)
    for customer, kind, identifier in query(data, "select customer_id, identifier_type, identifier from {identifiers}"):
        owners[kind, str(identifier).lower()].add(customer)
    for row in rows(channels / "truth/identity.csv"):
        kind = row["key_type"].replace("shopify_customer", "shop_customer")
        keys[row["person_id"]].add((kind, clean(kind, row["key"])))
    accounts = rows(channels / "shopify/customers_export.csv")
    flagged = {clean("phone", row["Phone"]) for row in accounts if row["Accepts SMS Marketing"] == "yes"}
    for person, truth in json.loads((channels / "truth/consent.json").read_text()).items():
        email, phone = clean("email", truth["email"]), truth["phone"]
        known = set().union(*(owners[key] for key in keys[person] | {("email", email)} if key[0] != "phone"))
        for channel, address in (("email", email), ("sms", phone)):
            word = f"{channel} {truth[f'{channel}_state']}"
            word = UNTOLD if word == "sms opted_in" and phone not in flagged else word
            counts[word] += 1
            word = f"{channel} opted_out" if word == "sms none" and address in never else word
            expected = {"opted_out"} if word in REASONS else {"opted_in"} if word.endswith(" opted_in") else set()
            found = set().union(*(states[each, address] for each in known or owners["phone", phone]))
            if address in reasons and not owners["email", address] | owners["phone", address]:
                found = {"opted_out"}  # on no record of anybody: it is closed all the same
            if found != expected:
                differences.append(f"{person}, {word}: {sorted(found)}")
            if reasons.get(address) not in REASONS.get(word, {None}):
                differences.append(f"{person}, {word}: suppressed as {reasons.get(address)}")
    return differences, counts
