"""SendGrid: one request for one person, with nothing of the person where it cannot be taken back."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from stammis import sandbox
from stammis.channels.email_sendgrid import SendGridEmail
from stammis.core.types import Message, Outcome
from tests.support.channels import KEY, all_loggers_at_debug, doubt, email_channel, mail, providers, sent
from tests.support.loopback import host, http, reset
from tests.support.moments import NOW

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def box() -> Iterator[sandbox.Sandbox]:
    with sandbox.running(keys=[KEY]) as box:
        yield box


def asked(message: Message) -> dict[str, object]:
    """The one request a message becomes, as it arrives."""
    with host(http(202)) as it:
        assert sent(message, email_channel(it.url)).state == "accepted"
        (seen,) = it.seen
    assert (seen.method, seen.target) == ("POST", "/v3/mail/send")
    assert (seen.headers["authorization"], seen.headers["content-type"]) == (f"Bearer {KEY}", "application/json")
    return dict(json.loads(seen.body))


def test_a_request_holds_this_and_nothing_else() -> None:
    message = mail("s1")
    assert asked(message) == {
        "personalizations": [{"to": [{"email": "anna@example.com"}], "custom_args": {"send_id": "s1"}}],
        "from": {"email": "crm@lindvall.example", "name": "Lindvall"},
        "reply_to": {"email": "hej@lindvall.example"},
        "subject": "Anna, det var ett tag sedan",
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": message.html},
        ],
        "headers": {
            "List-Unsubscribe": "<https://lindvall.example/u/s1>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "categories": ["win_back", "your_code"],
    }


def test_what_a_message_does_not_have_is_left_out() -> None:
    body = asked(mail(html=None, step="win_back", headers={"From": "crm@lindvall.example"}))
    assert {"reply_to", "headers"} & set(body) == set()
    assert body["from"] == {"email": "crm@lindvall.example"}
    assert [part["type"] for part in body["content"]] == ["text/plain"]  # type: ignore[attr-defined]
    assert body["categories"] == ["win_back"]


def test_a_name_has_no_sign_that_would_split_it() -> None:
    for name in (r"Lindvall; Hem, \"AB\"", r"Lindvall, Hem; \"AB\""):
        sender = asked(mail(headers={"From": f'"{name}" <crm@lindvall.example>'}))["from"]
        assert sender == {"email": "crm@lindvall.example", "name": 'Lindvall Hem "AB"'}


def test_sendgrid_itself_takes_it_and_gives_its_id(box: sandbox.Sandbox) -> None:
    outcome = sent(mail("s1", address="anna@åäö.example"), email_channel(box.url))
    (accepted,) = box.accepted()
    assert (outcome.state, outcome.reason) == ("accepted", None)
    assert (outcome.provider_id, "s1") == (accepted["provider_id"], accepted["send_id"])
    assert (accepted["to"], accepted["from"]) == ("anna@xn--4cab6c.example", "crm@lindvall.example")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@localhost",
        "anna@exempel",
        "anna@post.invalid",
        "a b@post.example",
        "åsa@post.example",
        "anna@post.example, bo@post.example",
        "Anna <anna@post.example>",
        "anna@post.example\nBcc: b@c.example",
    ],
)
def test_an_address_no_mail_can_reach_fails_before_any_request(address: str) -> None:
    with host(http(202)) as it:
        outcome = sent(mail(address=address), email_channel(it.url))
        assert (outcome.state, outcome.reason, it.seen) == ("failed", "invalid_address", [])


def test_without_a_sender_the_message_fails_before_any_request() -> None:
    with host(http(202)) as it:
        outcome = sent(mail(headers={}), email_channel(it.url))
        assert (outcome.state, outcome.reason, it.seen) == ("failed", "no_sender", [])


def test_without_a_key_the_channel_is_closed_and_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", "the SDK would take this one")
    with host(http(202)) as it:
        channel = SendGridEmail(providers(it.url, sendgrid_key=""))
        assert "SENDGRID_API_KEY" in str(channel.closed)
        assert (sent(mail(), channel).reason, channel.look_up(doubt("s1", "email"), None)) == ("closed", None)
        assert it.seen == []


def test_a_wrong_key_and_an_unverified_sender_are_told_apart(box: sandbox.Sandbox) -> None:
    wrong = SendGridEmail(providers(box.url, sendgrid_key="SG.wrong"))
    assert sent(mail(), wrong).reason == "http_401"
    assert wrong.closed == "SendGrid refuses to send (http_401): check SENDGRID_API_KEY."
    with host(http(403)) as it:
        unknown = email_channel(it.url)
        assert sent(mail(), unknown).reason == "http_403"
    assert "`sender` in templates/_shared/brand.yaml" in str(unknown.closed)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirecting_provider_never_sees_the_key_elsewhere(status: int) -> None:
    with host(http(202)) as elsewhere, host(http(status, Location=f"{elsewhere.url}/v3/mail/send")) as it:
        outcome = sent(mail(), email_channel(it.url))
        assert (outcome.state, outcome.reason, elsewhere.seen) == ("in_doubt", f"http_{status}", [])


def test_no_log_holds_a_key_an_address_or_a_word() -> None:
    with host(http(202)) as it:
        channel = email_channel(it.url, deadline=0.2)
        with all_loggers_at_debug() as heard:
            logging.getLogger("python_http_client.client").setLevel(logging.DEBUG)
            complaint = http(400, b'{"errors": [{"message": "anna@example.com is no address"}]}')
            for answer in (http(202), complaint, http(500), http(302), reset, it.hang):
                it.answer = lambda _, answer=answer: answer
                sent(mail(), channel)
            it.answer = lambda _: http(404)
            channel.look_up(doubt("s1", "email"), mail())
            logging.getLogger("canary").debug("heard")
        assert len(it.seen) == 7
    assert heard.getvalue() == "heard\n"


# ---------------------------------------------------------------------------- look-ups


def found(body: object, **changes: object) -> Outcome | None:
    """What a look-up says about a send of two hours ago when this is SendGrid's answer."""
    answer = body if isinstance(body, bytes) else http(200, json.dumps(body).encode())
    with host(answer) as it:
        channel = email_channel(it.url, wall=lambda: NOW, **changes)
        said = channel.look_up(doubt("s1", "email", age=2 * HOUR), mail("s1"))
        assert len(it.seen) == 1
    return said


def test_a_send_is_asked_for_by_its_id() -> None:
    with host(http(200, b'{"messages": []}')) as it:
        email_channel(it.url).look_up(doubt("s1", "email"), None)
        (seen,) = it.seen
    assert (seen.method, urlsplit(seen.target).path) == ("GET", "/v3/messages")
    assert parse_qs(urlsplit(seen.target).query) == {"query": ["unique_args['send_id']=\"s1\""], "limit": ["10"]}
    assert not set(" '\"") & set(seen.target)


def test_what_sendgrid_knows_is_accepted(box: sandbox.Sandbox) -> None:
    channel = email_channel(box.url)
    outcomes = channel.send([mail(f"known {number}", address=f"a{number}@example.com") for number in range(3)], 10)
    said = channel.look_up(doubt("known 1", "email"), None)
    assert said and (said.state, said.message_id) == ("accepted", "message of known 1")
    assert str(said.provider_id).startswith(str(outcomes[1].provider_id))


@pytest.mark.parametrize(
    ("age", "settled_after", "said"),
    [(59 / 60 * HOUR, HOUR, None), (HOUR, HOUR, "not_sent"), (2 * HOUR, 3 * HOUR, None), (29 * 24 * HOUR, HOUR, None)],
)
def test_what_it_does_not_know_was_not_sent_once_it_would_know(
    box: sandbox.Sandbox, age: timedelta, settled_after: timedelta, said: str | None
) -> None:
    channel = email_channel(box.url, settled_after=settled_after, wall=lambda: NOW)
    answer = channel.look_up(doubt("nobody knows", "email", age), mail("nobody knows"))
    assert (answer.state if answer else None) == said
    assert (answer.reason if answer else "not_found") == "not_found"


def test_a_message_to_somebody_else_is_no_answer() -> None:
    theirs = {"msg_id": "m9.filter", "to_email": "bo@example.com"}
    ours = {"msg_id": "m1.filter", "to_email": "Anna@Example.com"}
    assert found({"messages": [theirs]}) is None
    assert found({"messages": [theirs, ours]}) == Outcome("message of s1", "accepted", None, "m1.filter")


@pytest.mark.parametrize(
    "answer", [*map(http, (202, 302, 403, 404, 429, 500)), http(200, b"no JSON"), http(200, b"{}"), b"no HTTP\r\n"]
)
def test_an_account_without_the_feed_or_a_bad_answer_cannot_tell(answer: bytes) -> None:
    assert found(answer) is None


def test_nor_can_the_feed_of_the_eu_which_is_always_empty() -> None:
    with host(http(200, b'{"messages": []}')) as it:
        channel = email_channel(it.url, wall=lambda: NOW)
        before = channel.look_up(doubt("s1", "email", 2 * HOUR), None)
        channel.feed_is_kept = False
        after = channel.look_up(doubt("s1", "email", 2 * HOUR), None)
    assert (before and before.state, after) == ("not_sent", None)
    assert not SendGridEmail(providers("https://api.eu.sendgrid.com")).feed_is_kept


def test_a_host_that_hangs_is_left_at_the_deadline() -> None:
    with host(b"") as it:
        it.answer = lambda _: it.hang
        began = time.monotonic()
        channel = email_channel(it.url, deadline=0.3)
        assert channel.look_up(doubt("s1", "email", 2 * HOUR, now=channel.wall()), None) is None
        assert time.monotonic() - began < 2
