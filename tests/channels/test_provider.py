"""A batch at a provider's door: never too many at once, never too late, never against a shut door."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from stammis.channels.provider import wanted_wait
from stammis.core.types import Message, Outcome
from tests.support.channels import email_channel, mail, sms_channel, text
from tests.support.loopback import Host, Reply, Seen, host, http
from tests.support.moments import NOW

ACCEPTED = http(202, X_Message_Id="m1")


def mails(count: int) -> list[Message]:
    return [mail(f"s{number}") for number in range(count)]


def ends(outcomes: list[Outcome]) -> list[tuple[str, str | None]]:
    return [(outcome.state, outcome.reason) for outcome in outcomes]


def test_there_are_never_more_in_flight_than_ten() -> None:
    with host(lambda _: time.sleep(0.02) or ACCEPTED) as it:
        outcomes = email_channel(it.url).send(mails(60), 20)
        assert (ends(outcomes), len(it.seen)) == ([("accepted", None)] * 60, 60)
        assert 5 <= it.most_busy <= 10
        assert it.lines <= 10


def test_batches_one_after_another_use_the_same_lines() -> None:
    with host(ACCEPTED) as it:
        channel = email_channel(it.url, in_flight=1)
        for _ in range(3):
            channel.send(mails(4), 20)
        assert (len(it.seen), it.lines) == (12, 1)


def test_each_message_has_an_outcome_of_its_own_in_order() -> None:
    def answer(seen: Seen) -> bytes:
        return http(400) if b'"s3"' in seen.body else ACCEPTED

    with host(answer) as it:
        messages = mails(8)
        outcomes = email_channel(it.url).send(messages, 20)
    assert [message.message_id for message in messages] == [outcome.message_id for outcome in outcomes]
    assert [each.reason for each in outcomes] == [None, None, None, "http_400", *[None] * 4]
    assert email_channel(it.url).send([], 20) == []


@pytest.mark.parametrize(
    "broken",
    [{"text": "\ud800"}, {"address": "\udcff@example.com"}, {"headers": {"From": "\udcff <crm@lindvall.example>"}}],
)
def test_what_is_no_text_fails_alone(broken: dict[str, object]) -> None:
    with host(lambda seen: http(201, b'{"sid": "SM1"}') if "2010-04-01" in seen.target else ACCEPTED) as it:
        both = email_channel(it.url).send([mail("s1", **broken), mail("s2")], 5)
        both += sms_channel(it.url).send([text("s1", **broken), text("s2")], 5)
        assert ends(both) == [("failed", "not_writable"), ("accepted", None)] * 2


def test_no_request_begins_or_lasts_beyond_the_seconds_given() -> None:
    with host(b"") as it:
        it.answer = lambda _: it.hang
        channel = email_channel(it.url, in_flight=2)
        began = time.monotonic()
        outcomes = channel.send(mails(6), 0.6)
        assert time.monotonic() - began < 2
        assert ends(outcomes) == [("in_doubt", "timeout")] * 2 + [("not_sent", "no_time")] * 4
        assert (len(it.seen), channel.closed) == (2, None)


def test_a_refused_key_closes_the_channel_and_spares_the_rest() -> None:
    with host(http(401)) as it:
        channel = email_channel(it.url, in_flight=1)
        outcomes = channel.send(mails(5), 20)
        assert ends(outcomes) == [("not_sent", "http_401")] + [("not_sent", "closed")] * 4
        assert channel.closed == "SendGrid refuses to send (http_401): check SENDGRID_API_KEY."
        channel.send(mails(5), 20)
        assert len(it.seen) == 1


def test_a_shut_door_is_tried_again_a_few_times_and_then_left() -> None:
    with host(ACCEPTED) as it:
        port = it.port
    channel = email_channel(f"http://127.0.0.1:{port}")
    began = time.monotonic()
    outcomes = channel.send(mails(12), 20)
    assert 2.5 < time.monotonic() - began < 8  # 0.2 + 0.6 + 1.8
    assert ends(outcomes) == [("not_sent", "connect")] * 12
    assert channel.closed == "SendGrid cannot be reached (refused): check SENDGRID_HOST and the network."


def test_a_door_that_opens_meanwhile_is_gone_through() -> None:
    with host(ACCEPTED) as it:
        port = it.port
    channel = email_channel(f"http://127.0.0.1:{port}")
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(channel.send, mails(3), 20)
        time.sleep(0.1)
        with host(ACCEPTED, port=port):
            assert ends(sending.result()) == [("accepted", None)] * 3
    assert channel.closed is None


def limited(times: int, **headers: str) -> tuple[list[float], object]:
    """An answer that says 429 so many times; and when it was asked."""
    asked: list[float] = []

    def answer(_: Seen) -> Reply:
        asked.append(time.monotonic())
        if len(asked) <= times:
            return http(429, **headers)
        time.sleep(0.1)  # so that all have heard of it before the next is asked
        return ACCEPTED

    return asked, answer


def test_a_short_wait_is_waited_by_all() -> None:
    asked, answer = limited(1, Retry_After="0.5")
    with host(answer) as it:  # type: ignore[arg-type]
        channel = email_channel(it.url, in_flight=3)
        outcomes = channel.send(mails(9), 20)
    assert ends(outcomes) == [("accepted", None)] * 9
    early = [moment for moment in asked if moment < asked[0] + 0.45]
    assert len(early) <= 3, "those in flight when it was said, and no more"
    assert (len(asked), channel.backoff_until) == (10, None)


def test_a_long_retry_after_backs_off_the_channel_instead_of_sleeping() -> None:
    asked, answer = limited(9, Retry_After="90")
    with host(answer) as it:  # type: ignore[arg-type]
        channel = sms_channel(it.url, in_flight=1, wall=lambda: NOW)
        began = time.monotonic()
        outcomes = channel.send([text(f"s{number}") for number in range(4)], 20)
        assert (time.monotonic() - began < 10, ends(outcomes)) == (True, [("not_sent", "rate_limited")] * 4)
        until = channel.backoff_until
        assert until and timedelta(seconds=88) < until - NOW <= timedelta(seconds=90)
        assert ends(channel.send([text()], 20)) == [("not_sent", "rate_limited")]
        assert (len(asked), channel.closed) == (1, None)


def test_after_a_pause_the_channel_is_open_again() -> None:
    _, answer = limited(1, Retry_After="0.5")
    with host(answer) as it:  # type: ignore[arg-type]
        channel = email_channel(it.url)
        assert ends(channel.send(mails(1), 0.4)) == [("not_sent", "rate_limited")]
        assert channel.backoff_until
        time.sleep(0.5)
        assert ends(channel.send(mails(1), 5)) == [("accepted", None)]
        assert channel.backoff_until is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Wed, 10 Dec 2025 10:00:30 GMT"}, 30),
        ({"x-ratelimit-reset": "1765360812"}, 12),
        ({"x-ratelimit-reset": "12"}, 12),
        ({"retry-after": "3", "x-ratelimit-reset": "12"}, 3),
        ({"x-ratelimit-reset": "1765360700"}, 0.2),
        ({"retry-after": "0"}, 0.2),
        ({"retry-after": "999999999"}, 3600),
        ({"retry-after": "soon"}, 2),
        ({"retry-after": "nan"}, 2),
        ({}, 2),
    ],
)
def test_what_a_provider_wants_is_read_in_each_of_its_forms(headers: dict[str, str], seconds: float) -> None:
    assert wanted_wait(headers, datetime.fromisoformat("2025-12-10 10:00")) == seconds


def test_an_sdk_that_stumbles_leaves_the_message_in_doubt() -> None:
    with host(http(201, b"[]")) as it:
        (outcome,) = sms_channel(it.url).send([text()], 5)
    assert (outcome.state, outcome.reason) == ("in_doubt", "garbage")


def test_a_host_is_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says of Twilio's regions leads no request elsewhere, nor a proxy one to this machine."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")

    def answer(seen: Seen) -> bytes:
        return http(201, b'{"sid": "SM1"}') if "2010-04-01" in seen.target else ACCEPTED

    it: Host
    with host(answer) as it:
        states = [
            channel(it.url).send([what], 5)[0].state
            for channel, what in ((email_channel, mail()), (sms_channel, text()))
        ]
    assert (states, len(it.seen)) == (["accepted"] * 2, 2)
