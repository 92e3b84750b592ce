"""Simulates what happens to an accepted message. The result depends only on the seed and the send id."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta

from stammis.core.errors import ConfigurationError
from stammis.ledger.codes import check_code
from stammis.sandbox.state import Accepted, SimulatedEvent, draw

CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]\b")
OPT_OUTS = ("STOP", "STOPP", "SLUT", "Stopp", "stop")
REPLIES = ("stop det ikke", "Öppettider?", "Tack, vad snällt!", "Kan jag byta i butiken?")
ENGLISH_STOPS = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit"}  # what Twilio itself acts on
UNDELIVERED = ("30003", "30005", "30007", "30008")
DAY = 86_400


@dataclass(frozen=True)
class Rates:
    """The share of messages for which each event happens; of marketing messages for `order`."""

    bounce: float = 0.02  # for good: no such address
    blocked: float = 0.01  # not now; no reason to stop writing
    machine_open: float = 0.2
    open: float = 0.35
    click: float = 0.08
    complaint: float = 0.003
    unsubscribe: float = 0.01
    undelivered: float = 0.02
    stop: float = 0.03
    reply: float = 0.03
    order: float = 0.06

    def __post_init__(self) -> None:
        for each in fields(self):
            if not 0 <= getattr(self, each.name) <= 1:
                raise ConfigurationError(f"the rate {each.name} is {getattr(self, each.name)}: it goes from 0 to 1.")


def read_rates(given: dict[str, float]) -> Rates:
    """Read rates by name; the others keep their defaults. Raises ConfigurationError for an unknown name."""
    known = [each.name for each in fields(Rates)]
    if unknown := sorted(set(given) - set(known)):
        raise ConfigurationError(f"{unknown[0]} is no rate of the sandbox: there are {', '.join(known)}.")
    return Rates(**given)


def is_marketing(message: Accepted) -> bool:
    """Whether a mail has an unsubscribe header, or a text has a code, a link or the word stop."""
    if message.provider == "sendgrid":
        return "list-unsubscribe" in message.headers
    return bool(code_in(message) or message.links or "stop" in message.body.lower())


def code_in(message: Accepted) -> str:
    """The discount code in the text; empty without one."""
    return next((code for code in CODE.findall(message.body) if check_code(code)), "")


def simulate_events(message: Accepted, rates: Rates, seed: int) -> list[SimulatedEvent]:
    """Simulate all events of a message, in order of time. Times are naive UTC, whole seconds."""
    simulate = _mail if message.provider == "sendgrid" else _text
    return sorted(simulate(_Dice(message, seed), rates), key=lambda each: each.at)


@dataclass(frozen=True)
class _Dice:
    message: Accepted
    seed: int

    def draw(self, what: str) -> float:
        return draw(self.seed, what, self.message.draws_by)

    def at(self, what: str, first: float, last: float, **details: object) -> SimulatedEvent:
        """An event `first` to `last` seconds after acceptance, sooner rather than later."""
        seconds = first + (last - first) * self.draw(f"{what} when") ** 2
        start = self.message.accepted_at.replace(microsecond=0)
        return SimulatedEvent(start + timedelta(seconds=1 + round(seconds)), what, details)


def _mail(dice: _Dice, rates: Rates) -> Iterator[SimulatedEvent]:
    if dice.message.dropped:
        yield dice.at("dropped", 0, 0, reason=dice.message.dropped, status="5.0.0")
        return
    yield dice.at("processed", 0, 0)
    landing = dice.draw("bounce")
    if landing < rates.bounce:
        yield dice.at("bounce", 2, 600, type="bounce", status="5.1.1", reason="550 5.1.1 The account does not exist")
        return
    if landing < rates.bounce + rates.blocked:
        yield dice.at("bounce", 2, 600, type="blocked", status="4.2.2", reason="452 4.2.2 mailbox full")
        return
    yield dice.at("delivered", 1, 15, response="250 OK")
    if dice.draw("machine open") < rates.machine_open:
        yield dice.at("open", 20, 90, sg_machine_open=True)
    clicks = dice.draw("click") < rates.click and bool(_wanted(dice.message))
    if clicks or dice.draw("open") < rates.open:
        opened = dice.at("open", 300, 2 * DAY, sg_machine_open=False)
        yield opened
        if clicks:
            later = opened.at + timedelta(seconds=10 + round(90 * dice.draw("click when")))
            yield SimulatedEvent(later, "click", {"url": _wanted(dice.message)[0]})
    if dice.draw("complaint") < rates.complaint:
        yield dice.at("spamreport", 1800, 2 * DAY)
    if dice.draw("unsubscribe") < rates.unsubscribe:
        yield dice.at("unsubscribe", 600, 2 * DAY)
    yield from _purchase(dice, rates)


def _wanted(message: Accepted) -> list[str]:
    """The links that people follow on purpose, without those to unsubscribe."""
    leaving = message.headers.get("list-unsubscribe", "")
    return [link for link in message.links if link not in leaving and "unsubscribe" not in link]


def _text(dice: _Dice, rates: Rates) -> Iterator[SimulatedEvent]:
    yield dice.at("sent", 0, 0)
    if dice.draw("undelivered") < rates.undelivered:
        yield dice.at("undelivered", 5, 120, code=_pick(UNDELIVERED, dice.draw("which code")))
        return
    yield dice.at("delivered", 2, 40)
    # a named sender cannot be answered
    if dice.message.sender.startswith(("+", "MG")):
        reply = dice.draw("reply")
        if reply < rates.stop:
            yield dice.at("reply", 60, DAY, body=_pick(OPT_OUTS, dice.draw("which word")))
        elif reply < rates.stop + rates.reply:
            yield dice.at("reply", 60, DAY, body=_pick(REPLIES, dice.draw("which reply")))
    yield from _purchase(dice, rates)


def _purchase(dice: _Dice, rates: Rates) -> Iterator[SimulatedEvent]:
    """An order within days, and its parcel a day or two later."""
    if is_marketing(dice.message) and dice.draw("order") < rates.order:
        order = dice.at("order", 1800, 5 * DAY)
        yield order
        yield SimulatedEvent(order.at + timedelta(seconds=round((1 + dice.draw("parcel")) * DAY)), "parcel")


def _pick(words: tuple[str, ...], share: float) -> str:
    return words[int(share * len(words))]


def stops_writing(event: SimulatedEvent) -> str:
    """Why the provider suppresses the address after this event; empty if it does not."""
    if event.what == "bounce" and event.details["type"] == "bounce":
        return "Bounced Address"
    if event.what == "reply" and event.details["body"].strip().casefold() in ENGLISH_STOPS:
        return "21610"
    return {"spamreport": "Spam Reporting Address", "unsubscribe": "Unsubscribed Address"}.get(event.what, "")
