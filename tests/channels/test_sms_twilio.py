"""Twilio: a number that can be reached, a sender of its country, and our id where Twilio keeps none."""

import base64
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from stammis import sandbox
from stammis.channels.sms_twilio import TwilioSms, is_mobile
from stammis.core.types import Message, Outcome
from tests.support.channels import (
    ACCOUNT,
    PUBLIC,
    SENDERS,
    TOKEN,
    all_loggers_at_debug,
    doubt,
    providers,
    sent,
    sms_channel,
    text,
)
from tests.support.loopback import Seen, host, http, reset
from tests.support.moments import NOW

SID = "SM" + "1" * 32
CREATED = http(201, json.dumps({"sid": SID}).encode())
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def box() -> Iterator[sandbox.Sandbox]:
    with sandbox.running(keys=[TOKEN]) as box:
        yield box


def asked(message: Message, **changes: str) -> tuple[Seen, dict[str, str]]:
    """The one request a message becomes, and its form."""
    with host(CREATED) as it:
        outcome = sent(message, TwilioSms(providers(it.url, **changes), SENDERS))
        assert (outcome.state, outcome.provider_id) == ("accepted", SID)
        (seen,) = it.seen
    return seen, dict(parse_qsl(seen.body.decode(), keep_blank_values=True, strict_parsing=True))


def test_a_request_holds_this_and_nothing_else() -> None:
    seen, form = asked(text("s/2 &", text="Hej Åsa! 15 % & mer +"))
    assert (seen.method, seen.target) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")).decode() == f"{ACCOUNT}:{TOKEN}"
    assert form == {
        "To": "+46701234567",
        "From": "+46701740699",
        "Body": "Hej Åsa! 15 % & mer +",
        "StatusCallback": f"{PUBLIC}/webhooks/twilio/status?send_id=s%2F2%20%26",
    }


def test_without_a_public_address_no_callback_is_asked_for() -> None:
    _, form = asked(text(), public_url="")
    assert set(form) == {"To", "From", "Body"}


def test_the_sender_is_the_one_the_message_names(box: sandbox.Sandbox) -> None:
    channel = sms_channel(box.url)
    messages = [text("number"), text("name", headers={"From": "Lindvall"}, address="+4749000001")]
    outcomes = channel.send(messages, 10)
    accepted = {each["send_id"]: each for each in box.accepted()}
    taken = [accepted[name] for name in ("number", "name")]
    assert [outcome.provider_id for outcome in outcomes] == [each["provider_id"] for each in taken]
    assert [each["from"] for each in taken] == ["+46701740699", "Lindvall"]


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        ("+46701740605", True),
        ("+46780000001", True),
        ("+4681234567", False),
        ("+467017406", False),
        ("+4749000001", True),
        ("+4798765432", True),
        ("+4722222222", False),
        ("+4583000001", True),
        ("+358491000001", True),
        ("+358501234567", True),
        ("+35891234567", False),
        ("+447700900123", True),
        ("+442079460000", False),
        ("+447000900123", False),
        ("+15005550006", True),
        ("+4915112345678", True),
        ("0701740605", False),
        ("46701740605", False),
        ("+46 70 174 06 05", False),
        ("+46701740605\n", False),
        ("+0701740605", False),
        ("+1500555000612345678", False),
        ("", False),
        ("anna@example.com", False),
        ("+4670174060٥", False),
    ],
)
def test_a_number_that_cannot_be_a_mobile_fails_before_any_request(number: str, is_one: bool) -> None:
    assert is_mobile(number) == is_one
    if not is_one:
        with host(CREATED) as it:
            outcome = sent(text(address=number), sms_channel(it.url))
            assert (outcome.state, outcome.reason, it.seen) == ("failed", "invalid_address", [])


def test_sixteen_hundred_signs_are_the_most(box: sandbox.Sandbox) -> None:
    channel = sms_channel(box.url)
    longest, too_long = sent(text("longest", text="x" * 1600), channel), sent(text("long", text="x" * 1601), channel)
    assert (longest.state, too_long.state, too_long.reason) == ("accepted", "failed", "too_long")
    assert "long" not in [send_id for seen in box.requests() for send_id in seen["send_ids"]]


def test_without_a_sender_the_message_fails_before_any_request() -> None:
    with host(CREATED) as it:
        outcome = sent(text(headers={}), sms_channel(it.url))
        assert (outcome.state, outcome.reason, it.seen) == ("failed", "no_sender", [])


@pytest.mark.parametrize("missing", ["twilio_account", "twilio_token", "senders"])
def test_what_is_missing_closes_the_channel_and_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.setenv(name, "the SDK would take this one")
    names = {"twilio_account": "TWILIO_ACCOUNT_SID", "twilio_token": "TWILIO_AUTH_TOKEN", "senders": "sms_senders"}
    with host(CREATED) as it:
        known = providers(it.url) if missing == "senders" else providers(it.url, **{missing: ""})
        channel = TwilioSms(known, {} if missing == "senders" else SENDERS)
        assert names[missing] in str(channel.closed)
        assert (sent(text(), channel).reason, channel.look_up(doubt("s2", "sms"), text())) == ("closed", None)
        assert it.seen == []


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, {"code": 20003}, "(twilio_20003): check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."),
        (403, {"code": 20403}, "(http_403): check what TWILIO_ACCOUNT_SID may do"),
        (401, {"code": 20104}, "(http_401): check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."),
        (403, {"code": 30002}, "(twilio_30002): the account is suspended"),
        (429, {"code": 63038}, "(twilio_63038): the account has sent as many messages as it may in a day."),
        (400, {"code": 21606}, "(twilio_21606): one of `sms_senders` in templates/_shared/brand.yaml is not yours"),
    ],
)
def test_what_concerns_every_message_closes_the_channel(status: int, body: dict[str, int], says: str) -> None:
    with host(http(status, json.dumps(body).encode())) as it:
        channel = sms_channel(it.url)
        assert (sent(text(), channel).state, len(it.seen)) == ("not_sent", 1)
    assert f"Twilio refuses to send {says}" in str(channel.closed)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{}", b'{"sid": null}', b'{"sid": 7}', b"<html>", b"\xff"])
def test_a_created_message_without_its_sid_is_in_doubt(body: bytes) -> None:
    with host(http(201, body)) as it:
        assert sent(text(), sms_channel(it.url)).state == "in_doubt"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirecting_provider_never_sees_the_token_elsewhere(status: int) -> None:
    with host(CREATED) as elsewhere, host(http(status, Location=f"{elsewhere.url}/Messages.json")) as it:
        outcome = sent(text(), sms_channel(it.url))
        assert (outcome.state, outcome.reason, elsewhere.seen) == ("in_doubt", f"http_{status}", [])


def test_no_log_holds_a_token_a_number_or_a_word() -> None:
    refusal = http(400, b'{"code": 21211, "message": "Invalid \'To\' Phone Number: +46701234567"}')
    with host(CREATED) as it:
        channel = sms_channel(it.url, deadline=0.2)
        with all_loggers_at_debug() as heard:
            for answer in (CREATED, refusal, http(500), http(302), reset, it.hang):
                it.answer = lambda _, answer=answer: answer
                sent(text(), channel)
            channel.look_up(doubt("s2", "sms"), text())
            logging.getLogger("canary").debug("heard")
        assert len(it.seen) == 7
    assert heard.getvalue() == "heard\n"


# ---------------------------------------------------------------------------- look-ups


def listed(*messages: tuple[str, datetime | str | None, str]) -> bytes:
    """Twilio's list of (sid, when it was created, body)."""
    rows = [
        {
            "sid": sid,
            "date_created": f"{at:%a, %d %b %Y %H:%M:%S} +0000" if isinstance(at, datetime) else at,
            "date_sent": None,
            "body": body,
            "to": "+46701234567",
            "status": "queued",
        }
        for sid, at, body in messages
    ]
    return http(200, json.dumps({"messages": rows, "next_page_uri": None}).encode())


def looked_up(answer: bytes, age: timedelta = 20 * MINUTE, message: Message | None = None) -> Outcome | None:
    with host(answer) as it:
        channel = sms_channel(it.url, wall=lambda: NOW)
        return channel.look_up(doubt("s2", "sms", age), message or text("s2"))


MEANT = NOW - 20 * MINUTE
OURS = text("s2").text


def test_a_send_is_asked_for_by_its_number() -> None:
    with host(listed()) as it:
        sms_channel(it.url).look_up(doubt("s2", "sms"), text("s2"))
        (seen,) = it.seen
    assert (seen.method, urlsplit(seen.target).path) == ("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert parse_qs(urlsplit(seen.target).query) == {"To": ["+46701234567"], "PageSize": ["200"]}


def test_what_twilio_knows_is_accepted(box: sandbox.Sandbox) -> None:
    channel = sms_channel(box.url)
    outcome = sent(text("known", address="+46701740611"), channel)
    said = channel.look_up(doubt("known", "sms", now=channel.wall()), text("known", address="+46701740611"))
    assert said == Outcome("message of known", "accepted", None, outcome.provider_id)


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([(SID, MEANT, OURS)], "accepted"),
        ([(SID, MEANT - 2 * MINUTE, OURS)], "accepted"),
        ([(SID, MEANT - 3 * MINUTE, OURS)], "not_sent"),
        ([(SID, MEANT + 600 * MINUTE, OURS)], "accepted"),
        ([(SID, None, OURS)], "accepted"),
        ([(SID, "soon", OURS)], "accepted"),
        ([("SM9", MEANT, "Something else")], None),
        ([("SM9", None, "Something else")], None),
        ([("SM9", MEANT + 14 * MINUTE, "Something else")], None),
        ([("SM9", MEANT + 16 * MINUTE, "Something else")], "not_sent"),
        ([("SM9", MEANT - 3 * MINUTE, "Something else")], "not_sent"),
        ([("SM9", MEANT, "Something else"), (SID, MEANT, OURS)], "accepted"),
        ([(SID, MEANT, "Another wording since: https://lindvall.example/?sid=s2")], "accepted"),
        ([], "not_sent"),
        ([(f"SM{number}", MEANT - 60 * MINUTE, "Old") for number in range(200)], None),
    ],
)
def test_number_time_and_text_say_whether_it_is_ours(rows: list[tuple[str, datetime, str]], state: str | None) -> None:
    said = looked_up(listed(*rows))
    assert (said.state if said else None) == state
    if said:
        assert (said.provider_id, said.reason) == ((SID, None) if state == "accepted" else (None, "not_found"))


def test_what_it_does_not_know_was_not_sent_once_it_would_know() -> None:
    states = [looked_up(listed(), age=age * MINUTE) for age in (0, 14, 15)]
    assert [said and said.state for said in states] == [None, None, "not_sent"]


@pytest.mark.parametrize("answer", [*map(http, (201, 302, 401, 404, 429, 500)), http(200, b"{}"), b"no HTTP\r\n"])
def test_a_bad_answer_cannot_tell(answer: bytes) -> None:
    assert looked_up(answer) is None


def test_nor_can_anybody_without_the_message() -> None:
    with host(listed()) as it:
        channel = sms_channel(it.url, wall=lambda: NOW)
        assert (channel.look_up(doubt("s2", "sms", 20 * MINUTE), None), it.seen) == (None, [])
