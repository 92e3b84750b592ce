"""The words and filters a template may use, and how a value becomes safe to say.

Values are typed by others. They are cleaned here once, so that no name can break a header, reverse a line
of text, bring a link into a greeting or double the price of an SMS.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import smsutil
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from jinja2 import StrictUndefined, pass_context
from jinja2.runtime import Context

from stammis.core.errors import TemplateError

# Every word there is. docs/marketers.md explains each; a test keeps the two together.
WORDS: dict[str, tuple[str, ...]] = {
    "customer": ("first_name", "last_name"),
    "order": ("product", "ordered_date", "channel"),
    "offer": ("percent", "code", "expires_date"),
    "membership": ("tier", "next_tier", "points_balance", "points_to_next_tier"),
    "brand": ("name", "company", "address", "website", "reply_to"),
    "links": ("shop", "review", "questions", "unsubscribe"),
    "message": ("locale", "channel", "journey", "step", "send_id", "subject", "preheader", "can_reply"),
}
MAX_NAME = 40
MAX_PRODUCT = 40
MAX_SMS_PARTS = 2

# How a character outside the SMS alphabet is best written inside it.
SMS_SPELLINGS = {
    "’": "'",
    "‘": "'",
    "´": "'",
    "`": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "−": "-",
    "‑": "-",
    "•": "-",
    "…": "...",
    "×": "x",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "œ": "oe",
    "Œ": "Oe",
    "ı": "i",
}
SMS_ALPHABET = frozenset(smsutil.codecs.GSM_CHARSET) - frozenset("\x1b\f\r")
NAME_MARKS = frozenset(" -.'’")


class Blank(StrictUndefined):
    """A word that is known but empty for this customer: false in an `if`, an error when printed."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]
        return False

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return isinstance(other, Blank)

    def __ne__(self, other: object) -> bool:  # type: ignore[override]
        return not isinstance(other, Blank)

    def __hash__(self) -> int:  # type: ignore[override]
        return id(type(self))


BLANKS: dict[str, dict[str, Any]] = {
    group: {
        word: Blank(
            hint=f"{group}.{word} is empty for some customers: "
            f"say what to write then, as in {{% if {group}.{word} %}} ... {{% else %}} ... {{% endif %}}"
        )
        for word in words
    }
    for group, words in WORDS.items()
}


def clean(text: str) -> str:
    """Return one line of visible characters: no controls, no direction marks, no zero widths, single spaces.

    A header reads `=?` as the beginning of something encoded, maybe a line break: a space takes its force.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split()).replace("=?", "= ?")
    spaced = "".join(" " if character in "\r\n\t\v\f\u2028\u2029" else character for character in text)
    visible = "".join(c for c in unicodedata.normalize("NFC", spaced) if unicodedata.category(c)[0] != "C")
    return " ".join(visible.split()).replace("=?", "= ?")


def person_name(text: str) -> str:
    """Return the name as a greeting may use it; '' for what does not look like a name (a link, a number, code)."""
    name = " ".join("".join(c for c in clean(text) if unicodedata.category(c)[0] != "S").split())
    has_only_name_characters = all(unicodedata.category(c)[0] in "LM" or c in NAME_MARKS for c in name)
    looks_like_a_link = re.search(r"\.\w\w", name) is not None
    has_letters = any(c.isalpha() for c in name)
    return name if has_only_name_characters and has_letters and not looks_like_a_link and len(name) <= MAX_NAME else ""


def sms_text(text: str) -> str:
    """Return the text in the SMS alphabet (GSM-7): without the accents and characters it lacks."""
    return " ".join("".join(_spell(character) for character in text).split())


def _spell(character: str) -> str:
    if character in SMS_ALPHABET:
        return character
    if character in SMS_SPELLINGS:
        return SMS_SPELLINGS[character]
    return "".join(c for c in unicodedata.normalize("NFKD", character) if c in SMS_ALPHABET)


def non_gsm_characters(text: str) -> list[str]:
    """Characters outside GSM-7, each once, in order: one of them more than doubles the price of an SMS."""
    return list(dict.fromkeys(character for character in text if character not in SMS_ALPHABET))


def sms_parts(text: str) -> int:
    """Count the parts of an SMS as operators do: 160/153 characters each in GSM-7, else 70/67."""
    return len(smsutil.split(text).parts)


def template_values(group: str, values: Mapping[str, Any] | None, channel: str) -> dict[str, Any]:
    """Return the group's words with these values: cleaned, in the channel's alphabet, Blank where there is none.

    Raises TemplateError, naming the word but never the value, for a value that is not plain.
    """
    words: dict[str, Any] = dict(BLANKS[group])
    if not isinstance(values, Mapping | None):
        raise TemplateError(f"{group} must be a set of words, or nothing, in the outbox row")
    for word in WORDS[group]:
        value = values.get(word) if values else None
        if isinstance(value, str):
            value = person_name(value) if group == "customer" else clean(value)
            value = sms_text(value) if channel == "sms" else value
        elif value is not None and not isinstance(value, int | float | Decimal | datetime.date):
            raise TemplateError(f"{group}.{word} must be text, a number or a date in the outbox row")
        if value not in (None, ""):
            words[word] = value
    return words


def product_name(text: str) -> str:
    """Write a till's "WHITE WIRE EGG HOLDER " as a person would; cut between words after 40 characters."""
    name = clean(str(text))
    while len(name) > MAX_PRODUCT and " " in name:
        name = name.rpartition(" ")[0]
    name = name[:MAX_PRODUCT].rstrip(" ,;:-&/+")
    return name.capitalize() if name.isupper() else name


@pass_context
def day(context: Context, value: str | datetime.date) -> str:
    """Format a date in the reader's language, without the year: "24 december"."""
    try:
        date = value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise TemplateError("`day` wants a date such as 2025-12-24") from None
    return format_date(date, "d MMMM", locale=context["formats"])


@pass_context
def money(context: Context, value: Decimal | float | str, currency: str) -> str:
    """Format an amount in the reader's language: "1 250 kr", "£12.50"; no decimals when there are none."""
    try:
        amount = Decimal(str(value))
        pattern = Locale.parse(context["formats"]).currency_formats["standard"].pattern
        if amount == amount.to_integral_value():
            pattern = pattern.replace(".00", "")
        said = format_currency(amount, currency, pattern, context["formats"], currency_digits=False)
    except (ArithmeticError, ValueError):
        raise TemplateError("`money` wants an amount and a currency, as in | money('SEK')") from None
    return sms_text(said) if context["message"]["channel"] == "sms" else said


@pass_context
def number(context: Context, value: Decimal | float | str) -> str:
    """Format a number with the thousands of the reader's language: "1 250", "1,250"."""
    try:
        said = format_decimal(Decimal(str(value)), locale=context["formats"])
    except (ArithmeticError, ValueError):
        raise TemplateError("`number` wants a number, as in membership.points_balance | number") from None
    return sms_text(said) if context["message"]["channel"] == "sms" else said


@pass_context
def tracked(context: Context, url: str) -> str:
    """Add its origin to a link: campaign words and send id in an e-mail, only the send id in an SMS.

    The send id identifies journey and step; in an SMS the longer link would cost one more part.
    """
    message = context["message"]
    origin = {"sid": message["send_id"]}
    if message["channel"] != "sms":
        origin = {
            "utm_source": "stammis",
            "utm_medium": message["channel"],
            "utm_campaign": message["journey"],
            "utm_content": message["step"],
        } | origin
    address, hash_mark, fragment = str(url).partition("#")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(origin)}{hash_mark}{fragment}"


FILTERS: dict[str, Callable[..., str]] = {
    "day": day,
    "money": money,
    "number": number,
    "tracked": tracked,
    "product_name": product_name,
}
