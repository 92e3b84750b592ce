"""A host on this machine that answers as a test tells it to, and remembers what it was asked."""

import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Seen:
    """A request as it came in; `line` counts the connections."""

    line: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Reply = bytes | Callable[[socket.socket], None]  # bytes keep the line open; what a function leaves behind is closed


def http(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """An answer as it goes over the wire; `Retry_After` is the header Retry-After."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def reset(connection: socket.socket) -> None:
    """Away, without the goodbye that a close would say."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        connection.close()


def tunnel_to(port: int) -> Reply:
    """What a proxy answers to CONNECT, and then does: carry every byte to that port of this machine, and back."""

    def carry(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as beyond:
            there = threading.Thread(target=_pump, args=(connection, beyond), daemon=True)
            there.start()
            _pump(beyond, connection)
            there.join(5)

    return carry


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def make_certificate(folder: Path, name: str) -> Path:
    """A file with a certificate and its key, for one host name or address, signed by nobody else."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    try:
        subject = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    made = (
        x509.CertificateBuilder(issuer, issuer, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(1))
        .not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([subject]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "both.pem"
    file.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return file


def server_tls(certificate: Path) -> ssl.SSLContext:
    """The side of TLS that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@dataclass
class Host:
    """`answer` is asked for each request; replace it at any time."""

    answer: Callable[[Seen], Reply]
    tls: ssl.SSLContext | None = None
    port: int = 0  # a free one
    seen: list[Seen] = field(default_factory=list)
    lines: int = 0
    busy: int = 0
    most_busy: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self._door.getsockname()[1]
        self.url = f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self._listen, daemon=True).start()

    def hang(self, _: socket.socket) -> None:
        """Says nothing until the test is over."""
        self.ended.wait(30)

    def close(self) -> None:
        self.ended.set()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._door.accept()
            except OSError:
                return
            self.lines += 1
            threading.Thread(target=self._converse, args=(connection, self.lines), daemon=True).start()

    def _converse(self, connection: socket.socket, line: int) -> None:
        with suppress(OSError), connection:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            while request := _read(connection, line):
                with self._lock:
                    self.seen.append(request)
                    self.busy += 1
                    self.most_busy = max(self.most_busy, self.busy)
                try:
                    reply = self.answer(request)
                finally:
                    with self._lock:
                        self.busy -= 1
                if not isinstance(reply, bytes):
                    reply(connection)
                    return
                connection.sendall(reply)


@contextmanager
def host(answer: Callable[[Seen], Reply] | bytes, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Host]:
    """A host for the length of a `with`; bytes are its answer to everything."""
    known = Host(answer if callable(answer) else lambda _: answer, tls, port)
    try:
        yield known
    finally:
        known.close()


def _read(connection: socket.socket, line: int) -> Seen | None:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    method, target, _ = first.split(" ")
    return Seen(line, method, target, headers, body)
