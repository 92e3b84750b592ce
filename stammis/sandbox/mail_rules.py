"""Checks a request by the rules of SendGrid's mail/send, as it publishes them: one function per rule.

A rule yields (message, field) for each problem, in SendGrid's words where they are known.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Problem = tuple[str, str | None]
Mail = dict[str, Any]

MAX_BYTES = 30_000_000
MAX_ARGUMENT_BYTES = 10_000
SEND_AHEAD_SECONDS = 72 * 3600
ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
RESERVED_HEADERS = {
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
}
TYPES: dict[str, type] = {
    "personalizations": list,
    "from": dict,
    "reply_to": dict,
    "reply_to_list": list,
    "subject": str,
    "content": list,
    "attachments": list,
    "template_id": str,
    "headers": dict,
    "categories": list,
    "custom_args": str,
    "send_at": int,
    "batch_id": str,
    "asm": dict,
    "ip_pool_name": str,
    "mail_settings": dict,
    "tracking_settings": dict,
}
PERSONAL_TYPES: dict[str, type] = {
    "from": dict,
    "to": list,
    "cc": list,
    "bcc": list,
    "subject": str,
    "headers": dict,
    "substitutions": dict,
    "dynamic_template_data": dict,
    "custom_args": dict,
    "send_at": int,
}
JSON_NAMES = {dict: "object", list: "array", str: "string", int: "integer", float: "number", bool: "boolean"}


def problems(mail: object, now: float) -> Iterator[Problem]:
    """Return all problems of a parsed body; `now` is epoch seconds. If a type is wrong, only types are reported."""
    if not isinstance(mail, dict):
        yield "Bad Request", None
        return
    wrong = list(_types(mail, TYPES, ""))
    for path, each in _personal(mail):
        wrong += _types(each, PERSONAL_TYPES, f"{path}.") if isinstance(each, dict) else [_type(each, dict, path)]
    if wrong:
        yield from wrong
        return
    for rule in RULES:
        yield from rule(mail)
    for path, each in [("", mail), *_personal(mail)]:
        if each.get("send_at", 0) > now + SEND_AHEAD_SECONDS:
            yield "Scheduling more than 72 hours in advance is forbidden.", f"{path}.send_at".lstrip(".")


def _types(content: Mail, types: dict[str, type], at: str) -> Iterator[Problem]:
    for name, value in content.items():
        if name not in types:
            yield f"Additional property {name} is not allowed", f"{at}{name}"
        elif not isinstance(value, types[name]) or isinstance(value, bool):
            yield _type(value, types[name], f"{at}{name}")


def _type(value: object, wanted: type, field: str) -> Problem:
    given = JSON_NAMES.get(type(value), "null")
    return f"Invalid type. Expected: {JSON_NAMES[wanted]}, given: {given}.", field


def _personal(mail: Mail) -> list[tuple[str, Any]]:
    found = mail.get("personalizations")
    return [(f"personalizations.{place}", each) for place, each in enumerate(found if isinstance(found, list) else [])]


def how_many(mail: Mail) -> Iterator[Problem]:
    count = len(mail.get("personalizations", []))
    if count == 0:
        yield "The personalizations field is required and must have at least one personalization.", "personalizations"
    if count > 1000:
        yield (
            "The personalization block is limited to 1000 personalizations per API request. "
            f"You have provided {count} personalizations.",
            "personalizations",
        )


def somebody_in_each(mail: Mail) -> Iterator[Problem]:
    for path, each in _personal(mail):
        if not each.get("to"):
            yield (
                "The to array is required for all personalization objects, and must have at least one email object "
                "with a valid email address.",
                f"{path}.to",
            )
    if sum(len(each.get(kind, ())) for _, each in _personal(mail) for kind in ("to", "cc", "bcc")) > 1000:
        yield "There is a limit of 1000 total recipients (to + cc + bcc) per request.", "personalizations"


def valid_addresses(mail: Mail) -> Iterator[Problem]:
    places = [
        (f"{path}.{kind}.{place}", one)
        for path, each in _personal(mail)
        for kind in ("to", "cc", "bcc")
        for place, one in enumerate(each.get(kind, ()))
    ]
    places += [(f"{path}.from", each["from"]) for path, each in _personal(mail) if "from" in each]
    places += [(kind, mail[kind]) for kind in ("from", "reply_to") if kind in mail]
    places += [(f"reply_to_list.{place}", one) for place, one in enumerate(mail.get("reply_to_list", ()))]
    for path, one in places:
        if not isinstance(one, dict):
            yield _type(one, dict, path)
            continue
        yield from _types(one, {"email": str, "name": str}, f"{path}.")
        address = one.get("email")
        if not isinstance(address, str) or not ADDRESS.fullmatch(address) or ".." in address or len(address) > 254:
            yield "Does not contain a valid address.", f"{path}.email"
        if set(";,\r\n") & set(str(one.get("name", ""))):
            yield "The name may not contain a semicolon, a comma or a line break.", f"{path}.name"


def nobody_twice(mail: Mail) -> Iterator[Problem]:
    known: set[str] = set()
    for path, each in _personal(mail):
        for one in (one for kind in ("to", "cc", "bcc") for one in each.get(kind, ())):
            address = str(one.get("email") if isinstance(one, dict) else one).lower()
            if address in known:
                yield "Each unique email address in the personalizations array should only be included once.", path
            known.add(address)


def a_sender(mail: Mail) -> Iterator[Problem]:
    if "from" not in mail:
        yield (
            "The from object must be provided for every email send. It is an object that requires the email "
            "parameter, but may also contain a name parameter.",
            "from",
        )


def a_subject(mail: Mail) -> Iterator[Problem]:
    if not mail.get("subject") and not all(each.get("subject") for _, each in _personal(mail)):
        yield (
            "The subject is required. You can get around this requirement if you use a template with a subject "
            "defined or if every personalization has a subject defined.",
            "subject",
        )
    for path, each in [("", mail), *_personal(mail)]:
        if set("\r\n") & set(each.get("subject", "")):
            yield "The subject may not contain a line break.", f"{path}.subject".lstrip(".")


def content_in_order(mail: Mail) -> Iterator[Problem]:
    content = mail.get("content", [])
    if not content:
        yield "Unless a valid template_id is provided, the content parameter is required.", "content"
    if not all(isinstance(part, dict) for part in content):
        yield "Invalid type. Expected: object.", "content"
        return
    for place, part in enumerate(content):
        for name in ("type", "value"):
            if not isinstance(part.get(name), str) or not part[name]:
                yield (
                    f"The content {name} must be a string at least one character in length.",
                    f"content.{place}.{name}",
                )
    kinds = [part.get("type") for part in content]
    first = [kind for kind in ("text/plain", "text/html") if kind in kinds]
    if kinds[: len(first)] != first or len(kinds) != len(set(map(str, kinds))):
        yield (
            "If present, text/plain must be first, followed by text/html, followed by any other content; "
            "each may be given once.",
            "content",
        )


def headers_that_are_free(mail: Mail) -> Iterator[Problem]:
    for path, each in [("", mail), *_personal(mail)]:
        for name, value in each.get("headers", {}).items():
            field = f"{path}.headers.{name}".lstrip(".")
            if name.lower() in RESERVED_HEADERS:
                yield "The provided header is reserved and may not be overridden.", field
            elif not re.fullmatch(r"[!-9;-~]+", name) or not isinstance(value, str) or set("\r\n") & set(value):
                yield "Headers must be key/value pairs of strings, without line breaks.", field


def arguments_on_each(mail: Mail) -> Iterator[Problem]:
    for path, each in _personal(mail):
        arguments = each.get("custom_args", {})
        for name in (name for name, value in arguments.items() if not isinstance(value, str)):
            yield _type(arguments[name], str, f"{path}.custom_args.{name}")
        if len(json.dumps(arguments).encode()) >= MAX_ARGUMENT_BYTES:
            yield "The custom_args may not exceed 10000 bytes.", f"{path}.custom_args"


def few_categories(mail: Mail) -> Iterator[Problem]:
    names = mail.get("categories", [])
    if any(not isinstance(name, str) or not 0 < len(name) <= 255 for name in names):
        yield "Each category must be a string of at most 255 characters.", "categories"
    if len(names) > 10 or len(names) != len(set(map(str, names))):
        yield "There may be at most 10 categories, each once.", "categories"


RULES: tuple[Callable[[Mail], Iterator[Problem]], ...] = (
    how_many,
    somebody_in_each,
    valid_addresses,
    nobody_twice,
    a_sender,
    a_subject,
    content_in_order,
    headers_that_are_free,
    arguments_on_each,
    few_categories,
)
