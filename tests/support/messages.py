"""Rendered messages, as a channel is handed them."""

from stammis.core.types import Message


def message(send_id: str = "s1", **changes: object) -> Message:
    known: dict[str, object] = {
        "message_id": f"message of {send_id}",
        "send_id": send_id,
        "journey": "win_back",
        "step": "your_code",
        "customer_id": "c1",
        "channel": "email",
        "address": "anna@exempel.se",
        "locale": "sv",
        "text": "Hej Anna!\n\nÅter igen.",
        "subject": "Anna, det var ett tag sedan",
        "html": "<!doctype html><html><head><title>Hej</title></head><body><p>Hej Anna!</p></body></html>",
        "headers": {
            "From": "Lindvall <hej@lindvall.example>",
            "List-Unsubscribe": "<https://lindvall.example/u/s1>",
        },
    }
    return Message(**(known | changes))  # type: ignore[arg-type]


def sms(send_id: str = "s2", **changes: object) -> Message:
    known = {"channel": "sms", "address": "+46701234567", "subject": None, "html": None, "headers": {}}
    return message(send_id, **(known | {"text": "Hej! 15 % hos Lindvall."} | changes))
