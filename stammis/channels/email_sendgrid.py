"""E-mail through SendGrid's own SDK, which rides on our wire: the only importer of sendgrid.

One message is one request with one recipient. What comes back with its events is our opaque send_id, so nothing
personal is in what SendGrid keeps and cannot redact (custom_args, categories).
"""

import json
import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parseaddr
from typing import Any
from urllib.request import OpenerDirector, Request

from email_validator import EmailNotValidError, validate_email
from python_http_client import Client  # type: ignore[import-untyped]
from sendgrid import SendGridAPIClient  # type: ignore[import-untyped]

from stammis.channels.outcomes import SENDGRID, ResponseKind
from stammis.channels.provider import ProviderChannel, Refused
from stammis.channels.wire import Answer, HttpClient
from stammis.core.clock import Wall, utc_now
from stammis.core.identifiers import can_be_mailed
from stammis.core.settings import Providers
from stammis.core.types import Message, Outcome
from stammis.ledger import Doubt

NO_KEY = "There is no SENDGRID_API_KEY: set it to an API key that may send mail."
HEADERS = ("List-Unsubscribe", "List-Unsubscribe-Post")
KEPT_FOR = timedelta(days=29)  # the activity feed forgets after 30 days, and then knows of nothing
WITHOUT_FEED = "api.eu.sendgrid.com"  # none is kept for EU subusers: that it is silent says nothing

# At DEBUG this logger would write down the key and the whole message.
_sdk_log = logging.getLogger("python_http_client.client")
_sdk_log.setLevel(logging.INFO)
_sdk_log.addFilter(lambda record: record.levelno >= logging.INFO)


class SendGridEmail(ProviderChannel):
    """E-mail. `settled_after`: the activity feed shows a message that long after the request, at the latest."""

    name = "email"
    provider = SENDGRID

    def __init__(
        self,
        providers: Providers,
        *,
        deadline: float = 10.0,
        in_flight: int = 10,
        batch_limit: int = 10,
        settled_after: timedelta = timedelta(minutes=60),
        wall: Wall = utc_now,
    ) -> None:
        closed = None if providers.sendgrid_key else NO_KEY
        super().__init__(closed, deadline, in_flight, batch_limit, settled_after, wall)
        self.wire = HttpClient(providers.sendgrid_host, "SENDGRID_HOST")
        self.feed_is_kept = self.wire.host != WITHOUT_FEED
        if providers.sendgrid_key:
            sdk = SendGridAPIClient(providers.sendgrid_key, host=providers.sendgrid_host)
            self.client = _SdkTransport(self.wire, sdk.client)

    def _fault(self, message: Message) -> str | None:
        if not parseaddr(message.headers.get("From", ""))[1]:
            return "no_sender"
        return None if deliverable(message.address) else "invalid_address"

    def _ask(self, message: Message, deadline: float) -> tuple[ResponseKind, str | None]:
        answer = self.client.mail.send.post(request_body=payload(message), timeout=deadline)
        return answer.status_code, answer.headers.get("x-message-id")

    def _remedy(self, met: ResponseKind) -> str:
        if met == 403:
            return (
                "the key may not send mail, or `sender` in templates/_shared/brand.yaml is no verified sender there. "
                "Check SENDGRID_API_KEY and the sender."
            )
        if met == "request":
            return "SENDGRID_API_KEY contains a character that HTTP headers do not allow (a line break?). Set it again."
        return "check SENDGRID_API_KEY." if met == 401 else f"check {self.wire.settings} and the network."

    def _find(self, doubt: Doubt, message: Message | None) -> Outcome | None:
        asked = {"query": f"unique_args['send_id']=\"{doubt.send_id}\"", "limit": 10}
        answer = self.client.messages.get(query_params=asked, timeout=time.monotonic() + self.deadline)
        found = json.loads(answer.body)["messages"]
        # one to somebody else would mean that the question was not understood
        theirs = [each for each in found if message is None or _is_to(each, message.address)]
        if theirs:
            return Outcome(doubt.message_id, "accepted", provider_id=str(theirs[0]["msg_id"]))
        is_telling = self.feed_is_kept and self.wall() - doubt.intended_at < KEPT_FOR
        return self._absent(doubt) if is_telling and not found else None


def deliverable(address: str) -> str | None:
    """The address as SendGrid takes it (the domain in ASCII), or None for one no mail can reach."""
    if not can_be_mailed(address):
        return None
    try:
        return validate_email(address, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        return None


def payload(message: Message) -> dict[str, Any]:
    """The body of mail/send: one personalization, one recipient; custom_args stand on the personalization alone."""
    content = [{"type": "text/plain", "value": message.text}]
    if message.html:
        content.append({"type": "text/html", "value": message.html})
    mail: dict[str, Any] = {
        "personalizations": [
            {"to": [{"email": deliverable(message.address)}], "custom_args": {"send_id": message.send_id}}
        ],
        "from": _mailbox(message.headers["From"]),
        "subject": message.subject or "",
        "content": content,
        "categories": list(dict.fromkeys((message.journey, message.step))),
    }
    if "Reply-To" in message.headers:
        mail["reply_to"] = _mailbox(message.headers["Reply-To"])
    if headers := {name: message.headers[name] for name in HEADERS if name in message.headers}:
        mail["headers"] = headers
    return mail


def _mailbox(header: str) -> dict[str, str]:
    name, address = parseaddr(header)
    spoken = " ".join(name.replace(";", " ").replace(",", " ").split())
    return {"email": address, "name": spoken} if spoken else {"email": address}


def _is_to(found: Mapping[str, Any], address: str) -> bool:
    known = str(found.get("to_email") or address).casefold()
    return known in (address.casefold(), (deliverable(address) or address).casefold())


class _SdkTransport(Client):  # type: ignore[misc]
    """The SDK's HTTP client, on our wire: no redirect, no new line each time, and `timeout` is the wire's deadline."""

    def __init__(self, wire: HttpClient, known: Client, url_path: list[str] | None = None) -> None:
        super().__init__(known.host, known.request_headers, known._version, url_path)
        self.wire = wire

    def _build_client(self, name: str | None = None) -> "_SdkTransport":
        return _SdkTransport(self.wire, self, [*self._url_path, name] if name else self._url_path)

    def _make_request(self, opener: OpenerDirector, request: Request, timeout: float | None = None) -> "_Reply":
        method, headers, body = request.get_method(), dict(request.header_items()), request.data
        assert timeout is not None and (body is None or isinstance(body, bytes))
        answer = self.wire.request(method, request.selector, headers, body, timeout)
        if answer.status != (202 if method == "POST" else 200):
            raise Refused(answer)
        return _Reply(answer)


class _Reply:
    """An answer in the words of urllib, as the SDK reads it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def getcode(self) -> int:
        return self.answer.status

    def read(self) -> bytes:
        return self.answer.body

    def info(self) -> Mapping[str, str]:
        return self.answer.headers
