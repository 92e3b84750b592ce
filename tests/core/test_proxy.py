"""A proxy between us and a provider: TLS goes through it unread, and without a tunnel nothing counts as sent."""

import base64
import logging
import socket
import ssl
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stammis.channels import provider
from stammis.channels.chosen import channels_for
from stammis.channels.email_sendgrid import SendGridEmail
from stammis.channels.provider import ProviderChannel
from stammis.channels.sms_twilio import TwilioSms
from stammis.channels.wire import HttpClient, NotSent, Unanswered
from stammis.core.errors import ConfigurationError
from stammis.core.proxy import find_proxy
from stammis.core.settings import PROJECT, Providers, Settings
from stammis.rendering.brand import read_brand
from tests.support.channels import KEY, SENDERS, TOKEN, all_loggers_at_debug, mail, providers, text
from tests.support.loopback import Host, Reply, Seen, host, http, make_certificate, reset, server_tls, tunnel_to

NAME = "api.provider.example"  # resolved by nobody: whoever reaches it went through the proxy
USER, PASSWORD = "crm", "p@ss:canary/1"
CREDENTIALS = "crm:p%40ss%3Acanary%2F1"
CANARIES = (PASSWORD, CREDENTIALS, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(), "canary")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), NAME)


@pytest.fixture
def beyond(certificate: Path) -> Iterator[Host]:
    """The provider, behind the proxy."""

    def answer(seen: Seen) -> bytes:
        is_twilio = "2010-04-01" in seen.target
        return http(201, b'{"sid": "SM1"}') if is_twilio else http(202, X_Message_Id="m1")

    with host(answer, server_tls(certificate)) as it:
        yield it


@pytest.fixture
def proxy(beyond: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """The proxy that HTTPS_PROXY names; it opens a tunnel to the provider for everybody."""
    with host(lambda _: tunnel_to(beyond.port)) as it:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{CREDENTIALS}@127.0.0.1:{it.port}")
        yield it


def wire_to(certificate: Path, name: str = NAME) -> HttpClient:
    return HttpClient(f"https://{name}", "SENDGRID_HOST", tls=ssl.create_default_context(cafile=str(certificate)))


def ask(wire: HttpClient, seconds: float = 5) -> int:
    headers = {"Authorization": f"Bearer {KEY}"}
    return wire.request("POST", "/v3/mail/send", headers, b"{}", time.monotonic() + seconds).status


# ---------------------------------------------------------------------------- a tunnel


def test_request_travels_inside_tls_through_the_tunnel(proxy: Host, beyond: Host, certificate: Path) -> None:
    assert ask(wire_to(certificate)) == 202
    (connect,), (request,) = proxy.seen, beyond.seen
    assert (connect.method, connect.target, connect.body) == ("CONNECT", f"{NAME}:443", b"")
    assert connect.headers["host"] == f"{NAME}:443"
    assert (request.method, request.target, request.body) == ("POST", "/v3/mail/send", b"{}")


def test_credentials_go_to_the_proxy_and_the_key_to_the_provider(proxy: Host, beyond: Host, certificate: Path) -> None:
    ask(wire_to(certificate))
    (connect,), (request,) = proxy.seen, beyond.seen
    scheme, _, credentials = connect.headers["proxy-authorization"].partition(" ")
    assert (scheme, base64.b64decode(credentials).decode()) == ("Basic", f"{USER}:{PASSWORD}")
    assert ("authorization" in connect.headers, "proxy-authorization" in request.headers) == (False, False)
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_tunnel_is_used_again_and_a_closed_one_is_no_doubt(proxy: Host, beyond: Host, certificate: Path) -> None:
    wire = wire_to(certificate)
    assert ([ask(wire) for _ in range(5)], proxy.lines) == ([202] * 5, 1)
    beyond.answer = lambda _: lambda connection: connection.sendall(http(202))  # promises to stay, and leaves
    for _ in range(3):
        assert ask(wire) == 202
        time.sleep(0.05)
    assert proxy.lines == 3


def test_certificate_must_be_the_hosts_own(proxy: Host, beyond: Host, certificate: Path) -> None:
    for wire in (wire_to(certificate, "other.provider.example"), HttpClient(f"https://{NAME}")):
        with pytest.raises(NotSent, match=r"^tls$"):
            ask(wire)
    assert (len(proxy.seen), beyond.seen) == (2, [])


def open_channels(url: str) -> list[ProviderChannel]:
    return [SendGridEmail(providers(url)), TwilioSms(providers(url), SENDERS)]


def send_one(channel: ProviderChannel, seconds: float = 5) -> tuple[str, str | None]:
    (outcome,) = channel.send([mail() if channel.name == "email" else text()], seconds)
    return outcome.state, outcome.reason


def test_both_providers_are_reached_through_the_proxy(
    proxy: Host, beyond: Host, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert [send_one(channel) for channel in open_channels(f"https://{NAME}:8443")] == [("accepted", None)] * 2
    assert ([seen.target for seen in proxy.seen], len(beyond.seen)) == ([f"{NAME}:8443"] * 2, 2)


# ---------------------------------------------------------------------------- no tunnel: surely not sent


def say(answer: bytes) -> Reply:
    """These bytes, and then the end of the line."""
    return lambda connection: connection.sendall(answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (http(407, Proxy_Authenticate="Basic"), "refused"),
        (http(403, b"<html>not from here</html>"), "refused"),
        (http(502), "refused"),
        (http(302, Location="https://login.example/"), "refused"),
        (reset, "connect"),
        (say(b""), "connect"),
        (say(b"HTTP/1.1 200 Connection esta"), "connect"),
        (say(b"HTTP/1.1 200 OK\r\nVia: a pro"), "connect"),
        (say(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "connect"),
        (say(b"HTTP/1.1 soon\r\n\r\n"), "connect"),
        (say(b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 200 + b"\r\n"), "connect"),
        (say(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n"), "connect"),
        (http(200, b"a page, and no tunnel"), "connect"),
    ],
)
def test_proxy_that_opens_no_tunnel_means_not_sent(
    proxy: Host, beyond: Host, certificate: Path, answer: Reply, reason: str
) -> None:
    proxy.answer = lambda _: answer
    began = time.monotonic()
    with pytest.raises(NotSent) as caught:
        ask(wire_to(certificate))
    assert (caught.value.reason, len(proxy.seen), beyond.lines) == (reason, 1, 0)
    assert time.monotonic() - began < 3, "known at once, and not at the deadline"


def drip(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 Connection established\r\n\r\n":
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize("how", ["says nothing", "drips", "says 100 for ever", "hangs after the tunnel stands"])
def test_proxy_that_hangs_is_left_at_the_deadline_and_nothing_was_sent(
    proxy: Host, beyond: Host, certificate: Path, how: str
) -> None:
    def continue_for_ever(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.05)

    def stand_and_hang(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        proxy.hang(connection)

    hangs: dict[str, Callable[[socket.socket], None]] = {
        "says nothing": proxy.hang,
        "drips": drip,
        "says 100 for ever": continue_for_ever,
        "hangs after the tunnel stands": stand_and_hang,
    }
    proxy.answer = lambda _: hangs[how]
    began = time.monotonic()
    with pytest.raises(NotSent, match=r"^connect$"):
        ask(wire_to(certificate), seconds=0.4)
    assert 0.4 <= time.monotonic() - began < 1.5
    assert beyond.seen == []


def test_reset_after_the_tunnel_stands_and_before_tls_means_not_sent(
    proxy: Host, beyond: Host, certificate: Path
) -> None:
    def stand_and_leave(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.recv(65536)
        reset(connection)

    proxy.answer = lambda _: stand_and_leave
    with pytest.raises(NotSent):
        ask(wire_to(certificate))
    assert beyond.lines == 0


@pytest.mark.parametrize(("answer", "reason"), [(reset, "reset"), (say(b""), "disconnect")])
def test_line_lost_after_the_request_is_in_doubt_as_without_a_proxy(
    proxy: Host, beyond: Host, certificate: Path, answer: Reply, reason: str
) -> None:
    beyond.answer = lambda _: answer
    with pytest.raises(Unanswered) as caught:
        ask(wire_to(certificate))
    assert len(beyond.seen) == 1
    # a proxy may turn a reset of the host into a plain end of the line
    assert caught.value.reason in {reason, "disconnect"}


def test_proxy_that_is_not_there_means_not_sent(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for address, reason in ((f"127.0.0.1:{port}", "refused"), ("nobody.invalid:3128", "dns")):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        with pytest.raises(NotSent, match=f"^{reason}$"):
            ask(wire_to(certificate))


def test_refused_tunnel_keeps_messages_and_names_the_setting(proxy: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "BACKOFF_SECONDS", ())
    proxy.answer = lambda _: http(407)
    channels = open_channels(f"https://{NAME}")
    assert [send_one(channel) for channel in channels] == [("not_sent", "connect")] * 2
    assert [channel.closed for channel in channels] == [
        "SendGrid cannot be reached (refused): check HTTPS_PROXY, SENDGRID_HOST and the network.",
        "Twilio cannot be reached (refused): check HTTPS_PROXY, TWILIO_HOST and the network.",
    ]


# ---------------------------------------------------------------------------- which proxy, if any


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://a.example:3128"}, ("a.example", 3128, "HTTPS_PROXY")),
        ({"https_proxy": "http://a.example:3128"}, ("a.example", 3128, "HTTPS_PROXY")),
        ({"https_proxy": "http://a.example:1", "HTTPS_PROXY": "http://b.example:2"}, ("a.example", 1, "HTTPS_PROXY")),
        ({"HTTPS_PROXY": "http://a.example:1", "ALL_PROXY": "socks5://b:2"}, ("a.example", 1, "HTTPS_PROXY")),
        ({"ALL_PROXY": "http://b.example:2"}, ("b.example", 2, "ALL_PROXY")),
        ({"HTTPS_PROXY": " ", "ALL_PROXY": "http://b.example:2"}, ("b.example", 2, "ALL_PROXY")),
        ({"HTTPS_PROXY": "a.example:3128"}, ("a.example", 3128, "HTTPS_PROXY")),
        ({"HTTPS_PROXY": "HTTP://[fd00::1]:3128/"}, ("fd00::1", 3128, "HTTPS_PROXY")),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTP_PROXY": "http://a.example:3128"}, None),
    ],
)
def test_proxy_is_the_one_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: tuple[str, int, str] | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = find_proxy(NAME, 443)
    assert (found and (found.host, found.port, found.setting)) == expected


@pytest.mark.parametrize(
    ("no_proxy", "is_direct"),
    [
        (NAME, True),
        ("API.Provider.Example", True),
        ("elsewhere.example, .provider.example", True),
        ("provider.example", True),
        (f"{NAME}:443", True),
        (f"{NAME}:8443", False),
        ("*", True),
        ("i.provider.example", False),
        ("elsewhere.example", False),
        ("", False),
    ],
)
def test_host_named_by_no_proxy_is_asked_directly(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, is_direct: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://a.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (find_proxy(NAME, 443) is None) == is_direct


def test_exempt_host_needs_no_usable_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://a.example:1080")
    monkeypatch.setenv("no_proxy", "provider.example")
    assert HttpClient(f"https://{NAME}").proxy is None


def test_this_machine_is_asked_directly(proxy: Host, tmp_path: Path) -> None:
    here = make_certificate(tmp_path, "127.0.0.1")
    with host(http(202), server_tls(here)) as it:
        wire = HttpClient(it.url, tls=ssl.create_default_context(cafile=str(here)))
        assert (ask(wire), len(it.seen), proxy.lines) == (202, 1, 0)
    assert HttpClient(f"http://{NAME}").proxy is None, "settings let plain HTTP lead to this machine only"
    assert [find_proxy(name, 443) for name in ("localhost", "127.0.0.2", "::1")] == [None] * 3


@pytest.mark.parametrize(
    "credentials", ["crm", "crm:", "crm:a:b", "crm:a@b", "crm:a/b?c#d", "åsa:l%C3%B6sen", "%63rm:100%25"]
)
def test_credentials_are_percent_decoded(monkeypatch: pytest.MonkeyPatch, credentials: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{credentials}@a.example:3128")
    expected = {"crm": "crm:", "åsa:l%C3%B6sen": "åsa:lösen", "%63rm:100%25": "crm:100%"}
    found = find_proxy(NAME, 443)
    assert found and found.host == "a.example"
    sent = found.headers["Proxy-Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == expected.get(credentials, credentials)


# ---------------------------------------------------------------------------- what cannot be used, and what is not said


@pytest.mark.parametrize("setting", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("socks5://crm:canary@a.example:1080", "begins with socks5://, and only http:// is supported"),
        ("https://crm:canary@a.example:443", "begins with https://, and only http:// is supported"),
        ("http://crm:canary@a.example", "is not the address of a proxy, with its port"),
        ("http://crm:canary@:3128", "is not the address of a proxy, with its port"),
        ("http://crm:canary@a.example:http", "is not the address of a proxy, with its port"),
        ("http://crm:canary@a.example:99999", "is not the address of a proxy, with its port"),
        ("http://crm:canary@a.example:0", "is not the address of a proxy, with its port"),
        ("http://crm:canary@a.example:3128/path", "is not the address of a proxy, with its port"),
        ("http://crm:can\nary@a.example:3128", "is not the address of a proxy, with its port"),
        ("canary", "is not the address of a proxy, with its port"),
    ],
)
def test_proxy_that_cannot_be_used_names_its_setting_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, setting: str, address: str, complaint: str
) -> None:
    monkeypatch.setenv(setting, address)
    with pytest.raises(ConfigurationError) as caught:
        HttpClient(f"https://{NAME}")
    remedy = f"write it as in http://user:password@proxy.example.com:3128, or name {NAME} in NO_PROXY."
    assert str(caught.value) == f"{setting} {complaint}: {remedy}"
    assert caught.value.__context__ is None, "an error on the way would quote the address"


def test_channels_with_a_proxy_that_cannot_be_used_do_not_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://a.example:1080")
    settings = Settings(data=tmp_path, landing=tmp_path, secret="of our own", providers=Providers("providers"))
    brand = read_brand(PROJECT / "templates")
    with pytest.raises(ConfigurationError, match=r"^HTTPS_PROXY begins with socks5://"):
        channels_for(settings, brand)
    assert set(channels_for(replace(settings, providers=Providers()), brand)) == {"email", "sms"}, "files need none"


def test_no_word_of_a_password_is_in_a_failure_a_log_or_a_repr(
    proxy: Host, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "BACKOFF_SECONDS", ())
    said = []
    with all_loggers_at_debug() as heard:
        for answer in (
            http(407),
            reset,
            say(base64.b64encode(f"{USER}:{PASSWORD}".encode()) + b"\r\n\r\n"),
            http(200, b"x"),
        ):
            proxy.answer = lambda _, answer=answer: answer
            wire = wire_to(certificate)
            with pytest.raises(NotSent) as caught:
                ask(wire)
            said += [*traceback.format_exception(caught.value), repr(wire), repr(wire.proxy), str(wire.settings)]
            for channel in open_channels(f"https://{NAME}"):
                said += [str(send_one(channel)), str(channel.closed), repr(channel)]
        logging.getLogger("canary").debug("heard")
    assert heard.getvalue() == "heard\n"
    assert [word for word in (*CANARIES, KEY, TOKEN) if any(word in each for each in said)] == []
