"""The sandbox's child process: serves both providers and /_sandbox on one loopback port.

sandbox.py runs it as `python -m stammis.sandbox.server` and writes its options as a line of JSON. It prints its
address on stdout, and ends when stdin closes or its parent is gone.
"""

import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from stammis.core.clock import read_moment
from stammis.core.errors import StammisError
from stammis.sandbox import control, sendgrid
from stammis.sandbox.fake_providers import FakeProviders
from stammis.sandbox.faults import read_faults
from stammis.sandbox.simulation import read_rates
from stammis.sandbox.state import Response, SandboxRequest, SandboxState

LARGEST = 40_000_000
DRIP_SECONDS = 1
GARBAGE = b"\x16\x03\x01 \x00this is no HTTP\r\n\r\n"


class Conversation(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def answer_one(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            self.close_connection = True
            self._put(sendgrid.refusal(413))
            return
        body, target, providers = self.rfile.read(length), urlsplit(self.path), self.server.providers
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = SandboxRequest(
            providers.state.number(),
            providers.state.now(),
            self.command,
            unquote(target.path),
            dict(parse_qsl(target.query, keep_blank_values=True)),
            headers,
            body,
            key=headers.pop("authorization", ""),
            client_port=self.client_address[1],
        )
        if request.path.startswith("/_sandbox"):
            self._put(control.answer(request, providers))
            return
        answer, fault = providers.take(request)
        if fault.way == "answer":
            self._put(answer)
            return
        self.close_connection = True
        with suppress(OSError):  # whoever asked may have had enough
            WAYS[fault.way](self.connection, written(answer))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer_one

    def _put(self, answer: Response) -> None:
        self.wfile.write(written(answer))

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: requests hold personal data."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, providers: FakeProviders) -> None:
        self.providers = providers
        super().__init__(("127.0.0.1", port), Conversation)
        providers.own_address = f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer would ask a name server for ours

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore callers who hang up, because faults provoke it; report any other error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def written(answer: Response) -> bytes:
    """The bytes of the response as they are sent."""
    head = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    head += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join([*head, f"Content-Length: {len(answer.body)}", "", ""]).encode("latin-1") + answer.body


def _hang(connection: socket.socket, _: bytes) -> None:
    while connection.recv(1024):
        pass


def _drip(connection: socket.socket, answer: bytes) -> None:
    for place in range(len(answer)):
        connection.sendall(answer[place : place + 1])
        time.sleep(DRIP_SECONDS)


def _reset(connection: socket.socket, _: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())  # without a goodbye, which shutdown would say


def _partial(connection: socket.socket, answer: bytes) -> None:
    """The bytes of all headers and a part of the body they announce."""
    head, _, body = answer.partition(b"\r\n\r\n")
    head = head.replace(b"Content-Length: %d" % len(body), b"Content-Length: %d" % (len(body) + 100))
    connection.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])


WAYS: Mapping[str, Callable[[socket.socket, bytes], None]] = {
    "hang": _hang,
    "drip": _drip,
    "reset": _reset,
    "disconnect": lambda connection, answer: None,
    "garbage": lambda connection, answer: connection.sendall(GARBAGE),
    "partial": _partial,
    "cut": lambda connection, answer: connection.sendall(answer[: answer.index(b"\r\n") + 8]),
}


def end_with(parent: int) -> None:
    """End this process when stdin closes or the parent is gone: another process may hold stdin open, too."""
    while os.getppid() == parent:
        if select.select([0], [], [], 0.5)[0] and not os.read(0, 1024):
            break
    os._exit(0)


def main(options: dict[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair, which still wants the summary
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    clock, landing, seed = options.get("clock"), options.get("landing"), options["seed"]
    try:
        providers = FakeProviders(
            SandboxState(seed, read_moment(clock) if clock else None),
            read_faults(options.get("faults", {}), seed),
            read_rates(options.get("rates", {})),
            Path(landing) if landing else None,
            options.get("latency_ms", 0) / 1000,
            frozenset(options.get("keys", ())),
            options.get("elsewhere", ""),
        )
        server = Server(options.get("port", 0), providers)
    except (StammisError, OSError, ValueError) as error:
        print(json.dumps({"error": str(error)}), flush=True)  # noqa: T201 - to the parent
        return
    print(json.dumps({"url": providers.own_address}), flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main(json.loads(sys.stdin.readline()))
