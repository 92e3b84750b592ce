"""The wire: whether a request may have arrived is never guessed, and nothing outlives its deadline."""

import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stammis.channels.wire import HttpClient, NotSent, Unanswered
from stammis.core.errors import ConfigurationError
from tests.support.loopback import Host, Reply, Seen, host, http, make_certificate, reset, server_tls

CANARY = "anna.canary@example.com"


def ask(wire: HttpClient, seconds: float = 5, body: bytes = b"{}") -> int:
    headers = {"Authorization": f"Bearer key-{CANARY}"}
    return wire.request("POST", f"/v3/mail/send?to={CANARY}", headers, body, soon(seconds)).status


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def slowly(pause: float, answer: bytes) -> Reply:
    def drip(connection: socket.socket) -> None:
        for place in range(len(answer)):
            connection.sendall(answer[place : place + 1])
            time.sleep(pause)

    return drip


def said(answer: bytes) -> Reply:
    """These bytes, and then the end of the line."""
    return lambda connection: connection.sendall(answer)


def test_an_answer_comes_back_whole() -> None:
    with host(http(202, b"whole", X_Message_Id="m1")) as it:
        answer = HttpClient(it.url).request("POST", "/v3/mail/send?a=b", {"X-Own": "yes"}, b"hello", soon())
    assert (answer.status, answer.body, answer.headers["x-message-id"]) == (202, b"whole", "m1")
    (seen,) = it.seen
    assert (seen.method, seen.target, seen.body) == ("POST", "/v3/mail/send?a=b", b"hello")
    assert seen.headers["x-own"] == "yes"


def test_a_chunked_answer_and_one_without_a_length_are_read_to_their_end() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with host(chunked) as it:
        wire = HttpClient(it.url)
        assert [wire.request("GET", "/", {}, None, soon()).body for _ in range(2)] == [b"abcde"] * 2
        assert it.lines == 1
    with host(lambda _: said(b"HTTP/1.1 200 OK\r\n\r\nto the end")) as it:
        assert HttpClient(it.url).request("GET", "/", {}, None, soon()).body == b"to the end"


def test_one_line_is_used_again_and_again() -> None:
    with host(http(202)) as it:
        wire = HttpClient(it.url)
        assert ([ask(wire) for _ in range(20)], it.lines) == ([202] * 20, 1)


def test_there_are_no_more_lines_than_requests_in_flight() -> None:
    with host(lambda _: time.sleep(0.01) or http(202)) as it, ThreadPoolExecutor(10) as pool:
        wire = HttpClient(it.url)
        list(pool.map(lambda _: ask(wire), range(60)))
        assert it.lines <= 10
        before = it.lines
        ask(wire)
        wire.close()
        ask(wire)
        assert it.lines == before + 1


def test_a_line_closed_while_idle_is_no_doubt() -> None:
    with host(lambda _: said(http(202))) as it:  # promises to stay, and leaves
        wire = HttpClient(it.url)
        for _ in range(5):
            assert ask(wire) == 202
            time.sleep(0.02)
        assert it.lines == 5


def test_a_line_idle_for_long_is_not_trusted() -> None:
    with host(http(202)) as it:
        wire = HttpClient(it.url, idle_seconds=0.05)
        ask(wire)
        time.sleep(0.1)
        ask(wire)
        assert it.lines == 2


@pytest.mark.parametrize("pause", [0, 0.02])
def test_an_answer_nobody_asked_for_is_not_taken_for_the_next(pause: float) -> None:
    def twice(seen: Seen) -> Reply:
        def answers(connection: socket.socket) -> None:
            connection.sendall(http(202) if pause else http(202) + http(408))
            time.sleep(pause)
            connection.sendall(http(408) if pause else b"")
            time.sleep(0.3)

        return answers if seen.line == 1 else http(201)

    with host(twice) as it:
        wire = HttpClient(it.url)
        first = ask(wire)
        time.sleep(2 * pause)
        assert [first, ask(wire)] == [202, 201]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reset, "reset"),
        (said(b""), "disconnect"),
        (said(b"\x16\x03\x01 this is no HTTP\r\n\r\n"), "garbage"),
        (said(b"HTTP/1.1 soon\r\n\r\n"), "garbage"),
        (said(b"HTTP/1.1 202 Accepted\r\nno header at all\r\nX-Message-Id: m1\r\n\r\n"), "garbage"),
        (said(b"HTTP/1.1 202 Acc"), "partial"),
        (said(b"HTTP/1.1 202 Accepted\r\nX-Mess"), "partial"),
        (said(b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nhalf"), "partial"),
        (said(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"), "partial"),
        (http(202, b"x" * 1001), "too_large"),
    ],
)
def test_what_may_have_arrived_is_unanswered(answer: Reply, reason: str) -> None:
    with host(lambda _: answer) as it:
        with pytest.raises(Unanswered) as caught:
            ask(HttpClient(it.url, largest_body=1000))
        assert (caught.value.reason, len(it.seen)) == (reason, 1)


@pytest.mark.parametrize("drips", [False, True])
def test_a_host_that_hangs_or_drips_is_left_at_the_deadline(drips: bool) -> None:
    with host(b"") as it:
        it.answer = lambda _: slowly(0.05, http(202)) if drips else it.hang
        began = time.monotonic()
        with pytest.raises(Unanswered, match="timeout"):
            ask(HttpClient(it.url), seconds=0.4)
        assert 0.4 <= time.monotonic() - began < 2


def test_who_comes_after_the_deadline_writes_nothing() -> None:
    with host(http(202)) as it:
        wire = HttpClient(it.url)
        for _ in range(2):  # on a new line, and on one that is there
            with pytest.raises(NotSent):
                ask(wire, seconds=-1)
            ask(wire)
        assert len(it.seen) == 2


def test_a_host_that_does_not_read_is_left_at_the_deadline() -> None:
    deaf = socket.create_server(("127.0.0.1", 0))
    with deaf, pytest.raises(Unanswered, match="timeout"):
        ask(HttpClient(f"http://127.0.0.1:{deaf.getsockname()[1]}"), seconds=0.3, body=b"x" * 30_000_000)


def test_a_host_that_is_not_there_was_not_sent_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent, match=r"^refused$"):
        ask(HttpClient(f"http://127.0.0.1:{port}"))
    with pytest.raises(NotSent, match=r"^dns$"):
        ask(HttpClient("http://nobody.invalid"), seconds=2)


def test_a_request_that_cannot_be_written_was_not_sent() -> None:
    with host(http(202)) as it, pytest.raises(NotSent, match=r"^request$"):
        HttpClient(it.url).request("POST", "/", {"Authorization": "Bearer a\r\nTo: b"}, b"", soon())
    assert it.seen == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def safe(certificate: Path) -> Iterator[Host]:
    with host(http(202), server_tls(certificate)) as it:
        yield it


def test_over_tls_one_line_is_used_again_and_a_closed_one_is_no_doubt(safe: Host, certificate: Path) -> None:
    wire = HttpClient(safe.url, tls=ssl.create_default_context(cafile=str(certificate)))
    assert ([ask(wire) for _ in range(5)], safe.lines) == ([202] * 5, 1)
    safe.answer = lambda _: said(http(202))
    for _ in range(3):
        assert ask(wire) == 202
        time.sleep(0.02)
    assert safe.lines == 3


def test_a_host_nobody_vouches_for_is_told_nothing(safe: Host) -> None:
    with pytest.raises(NotSent, match=r"^tls$"):
        ask(HttpClient(safe.url))
    assert safe.seen == []


def test_a_handshake_that_never_ends_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        began = time.monotonic()
        with pytest.raises(NotSent, match=r"^connect$"):
            ask(HttpClient(f"https://127.0.0.1:{deaf.getsockname()[1]}"), seconds=0.3)
        assert time.monotonic() - began < 2


def test_a_redirect_is_an_answer_and_nobody_else_is_told() -> None:
    with host(http(202)) as elsewhere, host(http(302, Location=f"{elsewhere.url}/v3/mail/send")) as it:
        assert ask(HttpClient(it.url)) == 302
        assert elsewhere.seen == []


def test_no_word_of_a_request_is_in_a_failure_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tracebacks = []
    for answer in (reset, said(b""), said(CANARY.encode()), said(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx")):
        with host(lambda _, answer=answer: answer) as it:
            try:
                ask(HttpClient(it.url))
            except Unanswered as failure:
                tracebacks.append("".join(traceback.format_exception(failure)))
    assert len(tracebacks) == 4
    assert not any(CANARY in text for text in (*tracebacks, caplog.text))


@pytest.mark.parametrize(
    "wrong", ["api.example.com", "ftp://a.example", "https://", "https://u:p@a.example", "https://a.example/v3", ""]
)
def test_an_address_that_is_none_names_its_setting_and_not_itself(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^SENDGRID_HOST is no address of a host: ") as caught:
        HttpClient(wrong, "SENDGRID_HOST")
    assert "u:p" not in str(caught.value)


def test_many_threads_each_get_their_own_answer() -> None:
    def echo(seen: Seen) -> bytes:
        return http(200, seen.body)

    with host(echo) as it, ThreadPoolExecutor(8) as pool:
        wire = HttpClient(it.url)
        bodies = [f"{threading.get_ident()} {number}".encode() for number in range(100)]
        assert list(pool.map(lambda body: wire.request("POST", "/", {}, body, soon()).body, bodies)) == bodies
