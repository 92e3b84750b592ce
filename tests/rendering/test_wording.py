"""What somebody else typed is made safe to say, whichever template says it."""

from datetime import datetime

import pytest

from stammis.core.types import Due, Message
from stammis.rendering import Renderer
from stammis.rendering.wording import clean, non_gsm_characters, person_name, product_name, sms_parts, sms_text
from tests.support.places import TEMPLATES

RENDERER = Renderer(TEMPLATES)
SEND_ID = "fedcbafedcbafedcbafedcbafedcba"
HOSTILE = (
    "{{ 7*7 }}",
    "{% for a in b %}",
    "<script>alert(1)</script>",
    "Anna\r\nBcc: all@post.example",
    "\u202eannA",
    "Anna\u200b\u0000",
    "\U0001f381",
    "win.at/evil.example",
    "https://evil.example",
    "-substitution-",
    "%s%n",
    "=cmd()",
)


def say(channel: str, first_name: str, product: str) -> Message:
    """A review request by e-mail, a win-back code by SMS."""
    context = {
        "customer": {"first_name": first_name},
        "order": {"product": product, "ordered_date": "2025-11-27", "channel": "web"},
        "offer": {"name": "win_back_15", "percent": 15, "expires_date": "2025-12-24"},
    }
    journey, step = ("review_request", "ask") if channel == "email" else ("win_back", "your_code")
    expires_at = datetime.fromisoformat("2025-12-13")
    row = ("id", journey, step, "v", "c", channel, "a@post.example", "sv", "UTC", expires_at, context)
    return RENDERER.render(Due(*row), SEND_ID, "7K3M-QX9P-W")


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_hostile_values_stay_inert(channel: str, value: str) -> None:
    message = say(channel, value, value)
    said = [message.subject or "", message.html or "", message.text]
    assert not any(sign in part for part in said for sign in ("\r", "\u202e", "\u200b", "\u0000", "49"))
    assert "<script" not in said[1]
    assert "\n" not in said[0]
    assert said[1].count("<a ") == (2 if channel == "email" else 0)
    assert non_gsm_characters(message.text) == [] or channel == "email"


@pytest.mark.parametrize("name", ["Åsa", "O'Brien", "Anne-Marie", "J.P.", "Мария", "D’Arcy", "Mary Jane"])
def test_a_name_is_said_as_it_is(name: str) -> None:
    assert person_name(f"  {name}\n") == name


@pytest.mark.parametrize(
    "value",
    [
        "win.at/evil",
        "evil.example",
        "{{ 7*7 }}",
        "<b>Anna</b>",
        "4ever",
        "-",
        "",
        " ",
        "x" * 41,
        "\U0001f381",
    ],
)
def test_what_is_no_name_is_not_greeted(value: str) -> None:
    assert person_name(value) == ""


def test_a_name_keeps_its_letters_and_loses_its_decoration() -> None:
    assert person_name("Åsa \U0001f381") == "Åsa"
    assert person_name("A\u030asa") == "Åsa", "two ways to write one letter are one"
    assert clean("a\u2028b\tc") == "a b c"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("WHITE WIRE EGG HOLDER ", "White wire egg holder"),
        ("Linneduk, blå", "Linneduk, blå"),
        ("  60 TEATIME  FAIRY CAKE CASES", "60 teatime fairy cake cases"),
        ("SET OF 12 HAND PAINTED STONEWARE BREAKFAST BOWLS", "Set of 12 hand painted stoneware"),
        ("x" * 50, "x" * 40),
    ],
)
def test_a_till_product_reads_as_a_person_would_write_it(typed: str, said: str) -> None:
    assert product_name(typed) == said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Zoë", "Zoe"),
        ("Łukasz", "Lukasz"),
        ("Åsa Öberg", "Åsa Öberg"),
        ("Мария", ""),
        ("O’Brien", "O'Brien"),
        ("1\u00a0250\u00a0kr", "1 250 kr"),
        ("Linneduk \U0001f381 blå", "Linneduk blå"),
    ],
)
def test_a_value_is_spelled_in_the_sms_alphabet(typed: str, said: str) -> None:
    assert sms_text(typed) == said
    assert non_gsm_characters(said) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("å" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("’" + "a" * 69, 1),
        ("’" + "a" * 70, 2),
    ],
)
def test_sms_are_counted_as_operators_count(text: str, parts: int) -> None:
    assert sms_parts(text) == parts


def test_a_stranger_is_named_once() -> None:
    assert non_gsm_characters("it’s Zoë’s, åäö €") == ["’", "ë"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ offer.expires_date | day }}", "24 december"),
        ("{{ offer.percent | money('SEK') }}", "1\u00a0250\u00a0kr"),
        ("{{ links.shop | tracked }}", "https://lindvall.example/?utm_source=stammis&utm_medium=email"),
    ],
)
def test_filters_speak_the_readers_language(template: str, said: str) -> None:
    words = {
        "offer": {"expires_date": "2025-12-24", "percent": 1250},
        "links": {"shop": "https://lindvall.example/"},
        "message": {"channel": "email", "journey": "win_back", "step": "your_code", "send_id": SEND_ID},
        "formats": "sv_SE",
    }
    assert RENDERER.environment.from_string(template).render(words).startswith(said)


def test_pence_are_said_only_where_there_are_any() -> None:
    template = RENDERER.environment.from_string("{{ offer.percent | money('GBP') }}")
    words = {"message": {"channel": "sms"}, "formats": "en_GB"}
    assert [template.render(words, offer={"percent": amount}) for amount in ("12", "12.5")] == [
        "£12",
        "£12.50",
    ]
