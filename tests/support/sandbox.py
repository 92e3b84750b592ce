"""Requests to the sandbox as a provider's caller writes them, over plain HTTP."""

import base64
import json
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode

from stammis.sandbox import ACCOUNT, Sandbox

BEARER = {"Authorization": "Bearer sandbox"}
BASIC = {"Authorization": "Basic " + base64.b64encode(f"{ACCOUNT}:sandbox".encode()).decode()}
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
SHOP = "+46701740699"


def mail(send_id: str = "s1", to: str | None = None, text: str = "Hej!", **changes: Any) -> dict[str, Any]:
    """A mail that keeps all rules, one to unsubscribe from."""
    person = {"email": to or f"{send_id}@example.com"}
    return {
        "personalizations": [{"to": [person], "custom_args": {"send_id": send_id}}],
        "from": {"email": "hej@lindvall.example", "name": "Lindvall"},
        "subject": "Det var ett tag sedan",
        "content": [{"type": "text/plain", "value": text}, {"type": "text/html", "value": f"<p>{text}</p>"}],
        "headers": {"List-Unsubscribe": "<https://lindvall.example/u/1>"},
    } | changes


def sms(send_id: str = "s1", **changes: str) -> dict[str, str]:
    """A text that keeps all rules."""
    callback = f"https://lindvall.example/webhooks/twilio/status?send_id={send_id}"
    return {"To": "+46701740605", "From": SHOP, "Body": "Hej!", "StatusCallback": callback} | changes


def ask(
    box: Sandbox,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 10,
    line: HTTPConnection | None = None,
) -> tuple[int, Any, HTTPResponse]:
    """(status, JSON or bytes, the answer). Raises what http.client does. `line`: a connection to keep using."""
    connection = line or HTTPConnection(box.url.removeprefix("http://"), timeout=timeout)
    try:
        connection.request(method, path, body, headers or BEARER)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        if line is None:
            connection.close()
    is_json = answer.headers.get("Content-Type") == "application/json"
    return answer.status, json.loads(content) if is_json else content, answer


def send_mail(box: Sandbox, content: object, **more: Any) -> tuple[int, Any, HTTPResponse]:
    headers = {**BEARER, "Content-Type": "application/json"}
    return ask(box, "POST", "/v3/mail/send", json.dumps(content).encode(), headers, **more)


def send_sms(box: Sandbox, form: dict[str, str], **more: Any) -> tuple[int, Any, HTTPResponse]:
    headers = {**BASIC, "Content-Type": "application/x-www-form-urlencoded"}
    return ask(box, "POST", MESSAGES, urlencode(form).encode(), headers, **more)
