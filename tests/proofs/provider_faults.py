"""Every way a provider can fail, over real HTTP: 200 messages by each channel, one in five meets it."""

import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from stammis import sandbox
from stammis.channels.email_sendgrid import SendGridEmail
from stammis.channels.sms_twilio import TwilioSms
from stammis.core.settings import Settings, read_providers
from stammis.core.types import Due, Message
from stammis.delivery import Channel, deliver
from stammis.delivery.delivery import look_up_doubts
from stammis.ledger import Ledger, Queued, open_ledger
from stammis.sandbox.faults import FAULTS
from tests.support.ledger import due_for, queued
from tests.support.ledger import written as as_written
from tests.support.moments import AS_OF

SENDS, RATE, LEASE = 200, 0.2, 2.5
SENDERS = {"default": "+46700000000"}
# what providers.md says of each; a fault not named here leaves its message in doubt
FAILED = {"400", "404", "405", "413", "21211", "21614", "21635", "30003", "30007"}
SUPPRESSED = {"21610"}
CLOSED = {"401", "403", "20003", "30002", "60728", "63038"}
ACCEPTED = {"sendgrid.no_id_after"}  # 202 is the promise; the id is only a convenience
WAITS = {"429", "20429"}  # the same message meets it once; where a lease has no time to wait, the next run sends it


def every_fault_ends_as_the_table_says(work: Path, samples: Path) -> str:
    """Issue 4: each fault of the table, 200 sends at .2 by both channels: states and counts as expected, none twice."""
    outcomes: Counter[str] = Counter()
    with sandbox.running() as elsewhere, sandbox.running(elsewhere=elsewhere.url) as box:
        for provider, channel in (("sendgrid", "email"), ("twilio", "sms")):
            for fault in FAULTS[provider]:
                outcomes[meet(work / "faults" / provider / fault, box, provider, channel, fault)] += 1
        assert not elsewhere.requests(), "a redirect was followed, and the key with it"
    return f"{outcomes.total()} faults: {dict(outcomes)}; a redirect was never followed"


def meet(folder: Path, box: sandbox.Sandbox, provider: str, channel: str, fault: str) -> str:
    """One fault, one ledger; returns what became of those who met it."""
    box.forget()
    box.set_faults({f"{provider}.{fault}{'_once' if fault in WAITS else ''}": RATE})
    rows = [queued(f"m{n}", channel=channel, address=address_of(channel, n)) for n in range(SENDS)]
    settings = Settings(data=folder, landing=folder)
    with open_ledger(settings) as ledger:
        ledger.commit_run("run-1", AS_OF, rows)
        way = channel_to(box, channel)
        deliver_all(ledger, way, rows)
        requests = box.requests()
        met = {request["faulted"] for request in requests if request["fault"]}
        assert len(met) > (0 if fault in CLOSED else 20), f"{provider}.{fault} was met by {len(met)}"
        states = Counter(ledger.counts())
        wanted = expected(provider, fault)
        if wanted == "waits":
            assert states["accepted"] + states["not_sent"] == SENDS, (fault, states)
        elif wanted == "closed":
            assert way.closed and states["accepted"] + states["not_sent"] + states["queued"] == SENDS, (fault, states)
        else:
            usual = {"accepted": SENDS} if wanted == "accepted" else {"accepted": SENDS - len(met), wanted: len(met)}
            assert dict(states) == usual, (provider, fault, len(met), states)
        taken = {each["send_id"] for each in box.accepted()}
        box.set_faults({})
        time.sleep(1.1)
        again = channel_to(box, channel)
        look_up_doubts(ledger, {channel: again}, payload(rows), written)
        assert not ledger.doubts(), f"{provider}.{fault}: {len(ledger.doubts())} doubts left"
        if wanted == "in_doubt":
            known = dict(ledger.all_messages(("send_id", "state")))
            assert all((known[send_id] == "accepted") == (send_id in taken) for send_id in met), fault
        ledger.withdraw_unclaimed()
        ledger.commit_run("run-2", AS_OF, rows)
        deliver_all(ledger, again, rows)
        ends = ledger.counts()
    lost = len(met) if wanted in ("failed", "suppressed") else 0
    assert ends.get("accepted") == SENDS - lost, (provider, fault, ends)
    twice = [who for who, times in Counter(each["to"] for each in box.accepted()).items() if times > 1]
    assert not twice and len(box.accepted()) == SENDS - lost, (provider, fault, len(twice))
    return wanted


def expected(provider: str, fault: str) -> str:
    for names, state in ((FAILED, "failed"), (SUPPRESSED, "suppressed"), (CLOSED, "closed"), (WAITS, "waits")):
        if fault in names:
            return state
    return "accepted" if f"{provider}.{fault}" in ACCEPTED else "in_doubt"


def channel_to(box: sandbox.Sandbox, name: str) -> Channel:
    providers = replace(read_providers(box.environment), public_url="https://lindvall.example")
    patience = {"deadline": 0.8, "settled_after": timedelta(seconds=1)}
    if name == "email":
        return SendGridEmail(providers, **patience)  # type: ignore[arg-type]
    return TwilioSms(providers, SENDERS, **patience)  # type: ignore[arg-type]


def deliver_all(ledger: Ledger, way: Channel, rows: list[Queued]) -> None:
    deliver(ledger, {way.name: way}, payload(rows), written, LEASE)


def payload(rows: list[Queued]):  # type: ignore[no-untyped-def]
    due = {row.message_id: due_for(row) for row in rows}
    return lambda run_id, message_ids: [due[message_id] for message_id in message_ids]


def written(due: Due, send_id: str, code: str | None) -> Message:
    sender = "Lindvall <crm@lindvall.example>" if due.channel == "email" else "+46700000000"
    message = as_written(due, send_id, code)
    return replace(message, text=f"Hej {due.message_id}", headers={"From": sender})


def address_of(channel: str, number: int) -> str:
    return f"m{number}@exempel.se" if channel == "email" else f"+4670{number:07}"
