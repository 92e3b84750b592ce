"""The outcome table, line by line: what each fault of a provider becomes, through the real SDKs over real HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from stammis import sandbox
from stammis.channels.email_sendgrid import SendGridEmail
from stammis.channels.outcomes import SENDGRID, TABLE, TWILIO, ResponseKind, judge
from stammis.channels.provider import ProviderChannel
from stammis.channels.sms_twilio import TwilioSms
from stammis.core.types import Outcome
from tests.support.channels import SENDERS, email_channel, mail, providers, sms_channel, text
from tests.support.loopback import Reply, host, http, reset


@dataclass(frozen=True)
class Row:
    """A fault of the sandbox, what our side meets then, and what must come of it."""

    provider: str
    fault: str
    met: ResponseKind
    state: str
    reason: str | None
    action: str = ""

    def __str__(self) -> str:
        return f"{self.provider}.{self.fault}"


def rows(provider: str, state: str, action: str, *faults: tuple[str, ResponseKind, str | None]) -> list[Row]:
    return [Row(provider, fault, met, state, reason, action) for fault, met, reason in faults]


UNANSWERED = [
    ("hang", "timeout", "timeout"),
    ("hang_after", "timeout", "timeout"),
    ("drip_after", "timeout", "timeout"),
    ("reset", "reset", "reset"),
    ("reset_after", "reset", "reset"),
    ("disconnect", "disconnect", "disconnect"),
    ("disconnect_after", "disconnect", "disconnect"),
    ("garbage_after", "garbage", "garbage"),
    ("partial_after", "partial", "partial"),
    ("cut_after", "partial", "partial"),
]
ANSWERED_BADLY: list[tuple[str, ResponseKind, str]] = [
    (f"{status}{after}", status, f"http_{status}") for status in (408, 500, 502, 503, 504) for after in ("", "_after")
]
REDIRECTED: list[tuple[str, ResponseKind, str]] = [("redirect", 302, "http_302"), ("redirect_307", 307, "http_307")]
ROWS = [
    *rows(SENDGRID, "accepted", "", ("none", 202, None), ("no_id_after", 202, None)),
    *rows(SENDGRID, "in_doubt", "", *UNANSWERED, *ANSWERED_BADLY, *REDIRECTED, ("200", 200, "http_200")),
    *rows(SENDGRID, "failed", "", *((f"{status}", status, f"http_{status}") for status in (400, 404, 405, 413))),
    *rows(SENDGRID, "not_sent", "close", ("401", 401, "http_401"), ("403", 403, "http_403")),
    *rows(SENDGRID, "not_sent", "wait", ("429", 429, "rate_limited")),
    *rows(TWILIO, "accepted", "", ("none", 201, None)),
    *rows(TWILIO, "in_doubt", "", *UNANSWERED, *ANSWERED_BADLY, *REDIRECTED, ("200_after", 200, "http_200")),
    *rows(TWILIO, "in_doubt", "", ("no_id_after", "no_sid", "no_sid"), ("no_sid_after", "no_sid", "no_sid")),
    *rows(TWILIO, "failed", "", ("400", 20001, "twilio_20001"), ("404", 20404, "twilio_20404")),
    *rows(TWILIO, "failed", "", ("405", 20004, "twilio_20004"), ("413", 20001, "twilio_20001")),
    *rows(TWILIO, "failed", "", *((f"{code}", code, f"twilio_{code}") for code in (21211, 21614, 21635, 30003, 30007))),
    *rows(TWILIO, "suppressed", "", ("21610", 21610, "twilio_21610")),
    *rows(TWILIO, "not_sent", "close", ("401", 20003, "twilio_20003"), ("403", 403, "http_403")),
    *rows(TWILIO, "not_sent", "close", *((f"{code}", code, f"twilio_{code}") for code in (20003, 30002, 60728, 63038))),
    *rows(TWILIO, "not_sent", "wait", ("429", 20429, "rate_limited"), ("20429", 20429, "rate_limited")),
]
# What the sandbox cannot do: (what our side meets, the answer if there is one, and what must come of it).
ELSEWHERE: list[tuple[ResponseKind, bytes, str, str, str]] = [
    ("too_large", http(200, b"x" * 4_000_001), "in_doubt", "too_large", ""),
    (422, http(422), "failed", "http_422", ""),
    (429, http(429, Retry_After="60"), "not_sent", "rate_limited", "wait"),
    (401, http(401), "not_sent", "http_401", "close"),
    (299, http(299), "in_doubt", "http_299", ""),
    (599, http(599), "in_doubt", "http_599", ""),
]


def channel_to(provider: str, url: str) -> ProviderChannel:
    channel = email_channel if provider == SENDGRID else sms_channel
    return channel(url, deadline=1.0)


def sent(channel: ProviderChannel, send_id: str, seconds: float = 1.7) -> Outcome:
    message = mail(send_id) if channel.name == "email" else text(send_id)
    (outcome,) = channel.send([message], seconds)
    assert outcome.message_id == message.message_id
    return outcome


def action_of(channel: ProviderChannel) -> str:
    return "close" if channel.closed else "wait" if channel.backoff_until else ""


@pytest.fixture(scope="module")
def box() -> Iterator[sandbox.Sandbox]:
    with sandbox.running() as box:
        faults = {row.fault for row in ROWS if row.fault != "none"}
        known = {str(row) for row in ROWS}
        names = [
            f"{provider.lower()}.{fault}"
            for provider in (SENDGRID, TWILIO)
            for fault in faults
            if f"{provider}.{fault}" in known
        ]
        box.set_faults({name: [f"meets {name}"] for name in names}, retry_after=60)
        yield box


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_fault_becomes_what_the_table_says(box: sandbox.Sandbox, row: Row) -> None:
    channel = channel_to(row.provider, box.url)
    outcome = sent(channel, f"meets {row.provider.lower()}.{row.fault}")
    assert (outcome.state, outcome.reason, action_of(channel)) == (row.state, row.reason, row.action)
    has_id = row.state == "accepted" and row.fault == "none"
    assert (outcome.provider_id is not None) == has_id
    assert judge(row.provider, row.met).state == row.state


@pytest.mark.parametrize("provider", [SENDGRID, TWILIO])
@pytest.mark.parametrize(("met", "answer", "state", "reason", "action"), ELSEWHERE)
def test_so_does_each_answer_no_sandbox_gives(
    provider: str, met: ResponseKind, answer: bytes, state: str, reason: str, action: str
) -> None:
    with host(answer) as it:
        channel = channel_to(provider, it.url)
        outcome = sent(channel, "s1")
        assert (outcome.state, outcome.reason, action_of(channel)) == (state, reason, action)
        assert (judge(provider, met).state, len(it.seen)) == (state, 1)


def say_something_else(door: socket.socket) -> None:
    """Answers a handshake with anything but one, for as long as somebody calls."""
    with suppress(OSError):
        while True:
            connection, _ = door.accept()
            with connection:
                connection.sendall(b"220 mail.example ESMTP\r\n")
                connection.recv(1024)


@pytest.mark.parametrize("provider", [SENDGRID, TWILIO])
@pytest.mark.parametrize("met", ["dns", "refused", "tls", "connect"])
def test_a_host_that_cannot_be_reached_closes_the_channel(provider: str, met: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed, socket.create_server(("127.0.0.1", 0)) as deaf:
        ports = {"refused": closed.getsockname()[1], "connect": deaf.getsockname()[1]}
        closed.close()
        if met == "tls":
            threading.Thread(target=say_something_else, args=(deaf,), daemon=True).start()
        url = {
            "dns": "http://nobody.invalid",
            "refused": f"http://127.0.0.1:{ports['refused']}",
            "tls": f"https://127.0.0.1:{ports['connect']}",
            "connect": f"https://127.0.0.1:{ports['connect']}",
        }[met]
        channel = channel_to(provider, url)
        outcome = sent(channel, "s1")
    assert (outcome.state, outcome.reason) == ("not_sent", "connect")
    setting = "SENDGRID_HOST" if provider == SENDGRID else "TWILIO_HOST"
    assert channel.closed == f"{provider} cannot be reached ({met}): check {setting} and the network."


@pytest.mark.parametrize("provider", [SENDGRID, TWILIO])
def test_a_key_no_request_can_carry_closes_the_channel(provider: str) -> None:
    with host(http(202)) as it:
        channel = channel_to(provider, it.url)
        if provider == SENDGRID:
            channel.client.request_headers["Authorization"] = "Bearer a\nb"  # type: ignore[attr-defined]
        else:
            channel.messages._version.domain.twilio.user_agent_extensions.append("a\nb")  # type: ignore[attr-defined]
        assert (sent(channel, "s1").reason, it.seen) == ("request", [])
    assert str(channel.closed).startswith(f"{provider} cannot be asked: ")


@pytest.mark.parametrize(
    ("provider", "changes"),
    [
        (SENDGRID, {"sendgrid_key": "a\nb"}),
        (SENDGRID, {"sendgrid_key": "✓"}),
        (SENDGRID, {"sendgrid_key": "\udcff"}),
        (TWILIO, {"twilio_token": "\udcff"}),
        (TWILIO, {"twilio_account": "\udcff"}),
        (TWILIO, {"twilio_account": "AC 1"}),
        (TWILIO, {"twilio_account": "ACé"}),
        (TWILIO, {"public_url": "https://\udcff"}),
    ],
)
def test_a_request_that_cannot_be_written_was_not_sent(provider: str, changes: dict[str, str]) -> None:
    with host(http(202)) as it:
        known = providers(it.url, **changes)
        channel = SendGridEmail(known) if provider == SENDGRID else TwilioSms(known, SENDERS)
        outcome = sent(channel, "s1")
        assert (outcome.state, outcome.reason, it.seen) == ("not_sent", "request", [])
    assert str(channel.closed).startswith(f"{provider} cannot be asked: ")


@pytest.mark.parametrize("provider", [SENDGRID, TWILIO])
@pytest.mark.parametrize(
    ("moment", "answer", "expected", "count"),
    [
        ("before", http(202), ("not_sent", "request"), 0),
        ("after", http(202), ("in_doubt", "garbage"), 1),
        ("never", b"anything\r\n\r\n", ("in_doubt", "garbage"), 1),
        ("never", reset, ("in_doubt", "reset"), 1),
    ],
)
def test_a_failure_is_in_doubt_only_once_something_may_have_left(
    provider: str, moment: str, answer: Reply, expected: tuple[str, str], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with host(lambda _: answer) as it:
        channel = channel_to(provider, it.url)
        ask = channel.wire.request

        def request(*words: Any) -> Any:
            if moment != "before":
                ask(*words)
            raise ValueError("what an SDK says may quote whom it was about")

        if moment != "never":
            monkeypatch.setattr(channel.wire, "request", request)
        outcome = sent(channel, "s1")
        assert ((outcome.state, outcome.reason), len(it.seen)) == (expected, count)


def test_what_one_message_began_says_nothing_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with host(http(202)) as it:
        channel = email_channel(it.url, in_flight=1)
        ask = channel.wire.request

        def request(*words: Any) -> Any:
            if it.seen:
                raise ValueError
            return ask(*words)

        monkeypatch.setattr(channel.wire, "request", request)
        first, second = channel.send([mail("s1"), mail("s2")], 10)
        assert (first.state, second.state, second.reason) == ("accepted", "not_sent", "request")


def test_every_line_of_the_table_has_a_row_for_each_provider() -> None:
    met_by = {
        SENDGRID: [row.met for row in ROWS if row.provider == SENDGRID],
        TWILIO: [row.met for row in ROWS if row.provider == TWILIO],
    }
    others: list[ResponseKind] = [met for met, *_ in ELSEWHERE] + ["dns", "refused", "tls", "connect", "request", 21606]
    for provider, met in met_by.items():
        lines = [known for who, known, *_ in TABLE if provider in who]
        first = [next((place for place, known in enumerate(lines) if each in known), None) for each in met + others]
        assert set(range(len(lines))) - set(first) == set(), provider


def test_what_stands_in_no_line_is_in_doubt() -> None:
    assert [judge(SENDGRID, met).state for met in ("no idea", 42, 100_000)] == ["in_doubt"] * 3
