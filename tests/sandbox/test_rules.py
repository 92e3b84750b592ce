"""A request the providers would refuse is refused by the sandbox, in their words, and accepted is nothing of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stammis.sandbox import Sandbox, running
from tests.support.sandbox import BASIC, BEARER, MESSAGES, ask, mail, send_mail, send_sms, sms

ANNA = {"email": "anna@example.com"}
PLAIN = {"type": "text/plain", "value": "Hej"}
HTML = {"type": "text/html", "value": "<p>Hej</p>"}


def to(*people: object, **more: object) -> dict[str, Any]:
    """Changes to a mail: who gets it."""
    return {"personalizations": [{"to": list(people), **more}]}


# what is wrong -> (changes to a mail that is right, the field SendGrid names)
WRONG_MAILS: dict[str, tuple[dict[str, Any], str]] = {
    "nobody": ({"personalizations": []}, "personalizations"),
    "too_many": ({"personalizations": [{"to": [{"email": f"a{n}@b.se"}]} for n in range(1001)]}, "personalizations"),
    "no_to": ({"personalizations": [{}]}, "personalizations.0.to"),
    "an_empty_to": (to(), "personalizations.0.to"),
    "no_address": (to("anna"), "personalizations.0.to.0"),
    "an_address_without_a_domain": (to({"email": "anna@localhost"}), "personalizations.0.to.0.email"),
    "an_address_with_letters_of_ours": (to({"email": "åsa@example.com"}), "personalizations.0.to.0.email"),
    "two_dots": (to({"email": "a..b@example.com"}), "personalizations.0.to.0.email"),
    "a_name_with_a_comma": (to({**ANNA, "name": "Ek, Anna"}), "personalizations.0.to.0.name"),
    "twice_in_one": (to(ANNA, {"email": "ANNA@example.com"}), "personalizations.0"),
    "twice_in_two": ({"personalizations": [{"to": [ANNA]}, {"to": [ANNA]}]}, "personalizations.1"),
    "twice_as_copy": (to(ANNA, cc=[ANNA]), "personalizations.0"),
    "to_as_an_object": ({"personalizations": [{"to": ANNA}]}, "personalizations.0.to"),
    "arguments_for_the_whole_request": ({"custom_args": {"send_id": "s1"}}, "custom_args"),
    "arguments_that_are_numbers": (to(ANNA, custom_args={"n": 1}), "personalizations.0.custom_args.n"),
    "arguments_too_large": (to(ANNA, custom_args={"a": "x" * 10_000}), "personalizations.0.custom_args"),
    "no_sender": ({"from": None}, "from"),
    "a_sender_without_address": ({"from": {"name": "Lindvall"}}, "from.email"),
    "a_sender_as_text": ({"from": "Lindvall <hej@lindvall.example>"}, "from"),
    "no_subject": ({"subject": ""}, "subject"),
    "a_subject_in_two_lines": ({"subject": "Hej\r\nBcc: x@y.se"}, "subject"),
    "no_content": ({"content": []}, "content"),
    "empty_content": ({"content": [PLAIN | {"value": ""}]}, "content.0.value"),
    "html_first": ({"content": [HTML, PLAIN]}, "content"),
    "plain_twice": ({"content": [PLAIN, PLAIN]}, "content"),
    "a_reserved_header": ({"headers": {"Reply-To": "x@y.se"}}, "headers.Reply-To"),
    "a_reserved_header_of_one": (to(ANNA, headers={"BCC": "x@y.se"}), "personalizations.0.headers.BCC"),
    "a_header_in_two_lines": ({"headers": {"X-A": "a\nb"}}, "headers.X-A"),
    "a_header_that_is_a_number": ({"headers": {"X-A": 1}}, "headers.X-A"),
    "a_category_twice": ({"categories": ["a", "a"]}, "categories"),
    "eleven_categories": ({"categories": [f"{n}" for n in range(11)]}, "categories"),
    "a_long_category": ({"categories": ["x" * 256]}, "categories"),
    "too_far_ahead": ({"send_at": 1 << 40}, "send_at"),
    "what_sendgrid_does_not_know": ({"sender": "x"}, "sender"),
    "what_it_does_not_know_of_one": (to(ANNA, locale="sv"), "personalizations.0.locale"),
}
# what is wrong -> (changes to a text that is right, Twilio's code)
WRONG_TEXTS: dict[str, tuple[dict[str, str], int]] = {
    "nobody": ({"To": ""}, 21604),
    "a_number_as_written": ({"To": "070-174 06 05"}, 21211),
    "a_number_with_spaces": ({"To": "+46 70 174 06 05"}, 21211),
    "a_short_number": ({"To": "+46701"}, 21211),
    "no_sender": ({"From": ""}, 21603),
    "a_sender_too_long": ({"From": "Lindvalls Vaser"}, 21212),
    "a_sender_of_digits": ({"From": "4670174060"}, 21212),
    "no_words": ({"Body": "  "}, 21602),
    "too_many_words": ({"Body": "å" * 1601}, 21617),
    "a_callback_to_nowhere": ({"StatusCallback": "/webhooks"}, 21609),
    "a_wish_of_our_own": ({"SendId": "s1"}, 20001),
    "valid_too_long": ({"ValidityPeriod": "36001"}, 21624),
}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with running() as box:
        yield box


@pytest.mark.parametrize("wrong", WRONG_MAILS)
def test_a_mail_that_breaks_a_rule_is_refused(box: Sandbox, wrong: str) -> None:
    changes, field = WRONG_MAILS[wrong]
    content = {name: value for name, value in mail(**changes).items() if value is not None}
    status, answer, _ = send_mail(box, content)
    assert status == 400
    assert field in [error["field"] for error in answer["errors"]]
    assert box.accepted() == []


@pytest.mark.parametrize("wrong", WRONG_TEXTS)
def test_a_text_that_breaks_a_rule_is_refused(box: Sandbox, wrong: str) -> None:
    changes, code = WRONG_TEXTS[wrong]
    status, answer, _ = send_sms(box, sms(**changes))
    assert (status, answer["code"], answer["status"]) == (400, code, 400)
    assert answer["more_info"].endswith(f"/{code}")
    assert box.accepted() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"From": "Lindvall"},
        {"From": "", "MessagingServiceSid": "MG" + "0" * 32},
        {"Body": "å" * 1600},
        {"ValidityPeriod": "36000"},
        {"To": "+4520123456"},
    ],
)
def test_a_text_at_the_edge_of_a_rule_is_taken(changes: dict[str, str]) -> None:
    with running() as own:
        assert send_sms(own, sms(**changes))[0] == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"content": [PLAIN]},
        {"content": [HTML]},
        to({**ANNA, "name": "Anna Ek"}),
        {"categories": ["x" * 255]},
        to(ANNA, headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}),
        to(ANNA, custom_args={"a": "x" * 9_900}),
    ],
)
def test_a_mail_at_the_edge_of_a_rule_is_taken(changes: dict[str, Any]) -> None:
    with running() as own:
        assert send_mail(own, mail(**changes))[0] == 202


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (json.dumps(mail()).encode(), "text/plain", 415),
        (b" " * 30_000_001, "application/json", 413),
    ],
)
def test_what_is_no_mail_at_all_is_refused(box: Sandbox, body: bytes, kind: str, status: int) -> None:
    found, answer, _ = ask(box, "POST", "/v3/mail/send", body, {**BEARER, "Content-Type": kind})
    assert found == status
    assert answer["errors"]


def test_a_text_as_json_is_refused(box: Sandbox) -> None:
    headers = {**BASIC, "Content-Type": "application/json"}
    status, answer, _ = ask(box, "POST", MESSAGES, json.dumps(sms()).encode(), headers)
    assert (status, answer["code"]) == (400, 21604)
