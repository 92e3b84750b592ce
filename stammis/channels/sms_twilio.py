"""SMS through Twilio's own SDK, which rides on our wire: the only importer of twilio.

Twilio keeps no word of ours with a message, so the send_id travels in the address of its status callback, and a
send in doubt is recognised by number, time and text.
"""

import base64
import json
import logging
import re
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from twilio.http import HttpClient as TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from stammis.channels.outcomes import OUR_SENDER, TWILIO, ResponseKind, judge
from stammis.channels.provider import ProviderChannel, Refused
from stammis.channels.wire import Answer, HttpClient
from stammis.core.clock import Wall, naive_utc, utc_now
from stammis.core.settings import Providers
from stammis.core.types import Message, Outcome
from stammis.ledger import Doubt

NO_ACCOUNT = "There is no TWILIO_ACCOUNT_SID or no TWILIO_AUTH_TOKEN: set both, from Twilio's console."
NO_SENDER = "There is no `sms_senders` in templates/_shared/brand.yaml: say there whom an SMS comes from."
LONGEST = 1600
LOOKED_AT = 200  # messages to one number; who has had more cannot be told apart by looking
CLOCK_SKEW = timedelta(minutes=2)

# Country by calling code: what of its numbers can be a mobile. Elsewhere Twilio has the last word.
MOBILES = {
    "+46": "7[0-9]{8}",
    "+47": "[49][0-9]{7}|59[0-9]{10}",
    "+45": "[2-9][0-9]{7}",
    "+358": "(4|50)[0-9]{5,9}",
    "+44": "7[1-9][0-9]{8}",
}
E164 = re.compile(r"\+[1-9][0-9]{7,14}")
REMEDIES: dict[ResponseKind, str] = {
    20003: "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
    401: "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
    403: "check what TWILIO_ACCOUNT_SID may do, in Twilio's console.",
    30002: "the account is suspended; see Twilio's console.",
    60728: "the account may not send; see this code in Twilio's console.",
    63038: "the account has sent as many messages as it may in a day.",
    "request": "TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN contains a character that no request can hold. Set it again.",
}


class TwilioSms(ProviderChannel):
    """SMS. `settled_after`: Twilio lists a message that long after the request, at the latest."""

    name = "sms"
    provider = TWILIO

    def __init__(
        self,
        providers: Providers,
        senders: Mapping[str, str],
        *,
        deadline: float = 10.0,
        in_flight: int = 10,
        batch_limit: int = 10,
        settled_after: timedelta = timedelta(minutes=15),
        wall: Wall = utc_now,
    ) -> None:
        account, token = providers.twilio_account, providers.twilio_token
        closed = NO_ACCOUNT if not (account and token) else NO_SENDER if not senders else None
        super().__init__(closed, deadline, in_flight, batch_limit, settled_after, wall)
        self.callback = f"{providers.public_url}/webhooks/twilio/status?send_id=" if providers.public_url else ""
        self.wire = HttpClient(providers.twilio_host, "TWILIO_HOST")
        self.rider = _SdkTransport(self.wire)
        if not closed:
            self.messages = Client(account, token, http_client=self.rider).messages

    def _fault(self, message: Message) -> str | None:
        if not message.headers.get("From"):
            return "no_sender"
        if not is_mobile(message.address):
            return "invalid_address"
        return "too_long" if len(message.text) > LONGEST else None

    def _ask(self, message: Message, deadline: float) -> tuple[ResponseKind, str | None]:
        words = {"to": message.address, "from_": message.headers["From"], "body": message.text}
        if self.callback:
            words["status_callback"] = self.callback + quote(message.send_id, safe="")
        self.rider.end_by(deadline)
        sid = self.messages.create(**words).sid
        return (201, sid) if isinstance(sid, str) and sid else ("no_sid", None)

    def _met(self, answer: Answer) -> ResponseKind:
        """Twilio's code, where it refuses: a code that is about one message does not undo a status about all."""
        if not 400 <= answer.status < 500 or answer.status == 408:
            return answer.status
        try:
            code = json.loads(answer.body)["code"]
        except (ValueError, TypeError, KeyError):
            return answer.status
        is_code = isinstance(code, int) and 10_000 <= code < 100_000
        concerns_all = answer.status in (401, 403, 429)
        return code if is_code and not (concerns_all and judge(TWILIO, code).state == "failed") else answer.status

    def _remedy(self, met: ResponseKind) -> str:
        if met in OUR_SENDER:
            return "one of `sms_senders` in templates/_shared/brand.yaml is not yours or cannot send there."
        return REMEDIES.get(met, f"check {self.wire.settings} and the network.")

    def _find(self, doubt: Doubt, message: Message | None) -> Outcome | None:
        """By number alone: Twilio dates a message only when it has sent it, and one still waiting is sent, too."""
        if message is None:
            return None
        self.rider.end_by(time.monotonic() + self.deadline)
        listed = self.messages.list(to=message.address, limit=LOOKED_AT)
        for each in listed:
            is_same = each.body == message.text and _created(each, doubt) >= doubt.intended_at - CLOCK_SKEW
            if each.sid and (is_same or doubt.send_id in (each.body or "")):
                return Outcome(doubt.message_id, "accepted", provider_id=each.sid)
        first, last = doubt.intended_at - CLOCK_SKEW, doubt.intended_at + self.settled_after
        is_another = any(first <= _created(each, doubt) <= last for each in listed)
        return None if is_another or len(listed) >= LOOKED_AT else self._absent(doubt)


def is_mobile(number: str) -> bool:
    """Whether this is a number in E.164 that an SMS could reach."""
    code = next((code for code in MOBILES if number.startswith(code)), None)
    national = code is None or re.fullmatch(MOBILES[code], number.removeprefix(code)) is not None
    return national and E164.fullmatch(number) is not None


def _created(listed: Any, doubt: Doubt) -> datetime:
    """When Twilio took it, naive UTC; what has no readable date might be the one in doubt."""
    at = listed.date_created
    return naive_utc(at) if isinstance(at, datetime) and at.tzinfo else doubt.intended_at


class _SdkTransport(TwilioHttpClient):  # type: ignore[misc]
    """The SDK's HTTP client, on our wire: whatever host the SDK thinks of, it is asked of the one in the settings."""

    def __init__(self, wire: HttpClient) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self.wire = wire
        self._mine = threading.local()

    def end_by(self, deadline: float) -> None:
        """When this thread's next requests must be over (monotonic); the SDK has no word for it."""
        self._mine.deadline = deadline

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One exchange. Raises NotSent, Unanswered, or Refused for any answer but 201 (200 to a question)."""
        address = urlsplit(uri)
        query = "&".join(filter(None, (address.query, urlencode(params or {}, doseq=True))))
        target = f"{address.path}?{query}" if query else address.path
        known = dict(headers or {})
        if auth:
            known["Authorization"] = f"Basic {base64.b64encode(':'.join(auth).encode()).decode()}"
        body = urlencode(data, doseq=True).encode() if data else None
        answer = self.wire.request(method.upper(), target, known, body, self._mine.deadline)
        if answer.status != (201 if method.upper() == "POST" else 200):
            raise Refused(answer)
        return Response(answer.status, answer.body.decode(), answer.headers)
