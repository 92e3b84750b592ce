"""The real channels, pointed at a host on this machine, and what they are handed."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from stammis.channels.email_sendgrid import SendGridEmail
from stammis.channels.provider import ProviderChannel
from stammis.channels.sms_twilio import TwilioSms
from stammis.core.settings import Providers
from stammis.core.types import Message, Outcome
from stammis.ledger import Doubt
from tests.support.messages import message, sms
from tests.support.moments import NOW

ACCOUNT = "AC" + "5a" * 16
KEY = "SG.canary-key"
TOKEN = "canary-token"
PUBLIC = "https://stammis.lindvall.example"
SENDERS = {"default": "+46701740699", "+47": "Lindvall"}


def providers(url: str, **changes: str) -> Providers:
    known = {"sendgrid_key": KEY, "twilio_account": ACCOUNT, "twilio_token": TOKEN, "public_url": PUBLIC}
    return Providers("providers", **(known | {"sendgrid_host": url, "twilio_host": url} | changes))


def email_channel(url: str, **changes: Any) -> SendGridEmail:
    return SendGridEmail(providers(url), **changes)


def sms_channel(url: str, **changes: Any) -> TwilioSms:
    return TwilioSms(providers(url), SENDERS, **changes)


def text(send_id: str = "s2", **changes: object) -> Message:
    """An SMS as the renderer writes it."""
    return sms(send_id, **({"headers": {"From": SENDERS["default"]}} | changes))


def mail(send_id: str = "s1", **changes: object) -> Message:
    """An e-mail as the renderer writes it."""
    headers = {
        "From": "Lindvall <crm@lindvall.example>",
        "Reply-To": "hej@lindvall.example",
        "List-Unsubscribe": f"<https://lindvall.example/u/{send_id}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return message(send_id, **({"address": "anna@example.com", "headers": headers} | changes))


def doubt(send_id: str, channel: str, age: timedelta = timedelta(0), now: datetime = NOW) -> Doubt:
    """A doubt about a send that was meant `age` ago."""
    return Doubt(
        message_id=f"message of {send_id}",
        send_id=send_id,
        run_id="run-1",
        journey="win_back",
        step="your_code",
        customer_id="c1",
        channel=channel,
        code=None,
        intended_at=now - age,
        reason="timeout",
    )


def sent(message: Message, channel: ProviderChannel) -> Outcome:
    """What became of one message."""
    (outcome,) = channel.send([message], 10)
    return outcome


@contextmanager
def all_loggers_at_debug() -> Iterator[io.StringIO]:
    """Every logger there is, as loud as it goes, whatever was set before; and what they say."""
    heard = io.StringIO()
    ear = logging.StreamHandler(heard)
    known = [logging.getLogger(), *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    levels = [(logger, logger.level) for logger in known]
    for logger in known:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(ear)
    try:
        yield heard
    finally:
        logging.getLogger().removeHandler(ear)
        for logger, level in levels:
            logger.setLevel(level)
