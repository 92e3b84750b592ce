"""The file channel: every message becomes a file one can open, and nothing leaves the house.

An e-mail is an .eml that any mail program shows; an SMS is a .txt. The file is named by its send_id,
so whether a send happened can always be found out afterwards: it is there, or it is not.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate
from pathlib import Path

from stammis.core.files import sync_file
from stammis.core.identifiers import can_be_mailed
from stammis.core.types import Message, Outcome
from stammis.ledger import Doubt

SENDER = "Stammis <no-reply@stammis.invalid>"  # only where the brand names nobody
ENCODED = "=?"  # begins what Python decodes in a header: another address, or a line break with a header of its own
SUFFIXES = {"email": ".eml", "sms": ".txt"}


class FileChannel:
    """Writes messages of one channel (email or sms) to `folder`/<channel>/<send_id>.<eml|txt>."""

    batch_limit = 100  # the most messages one kill can leave in doubt
    closed: str | None = None  # a folder is always open
    backoff_until: datetime | None = None

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.folder = folder / name
        self.doorway = self.folder / ".unfinished"

    def send(self, messages: Sequence[Message], seconds: float = 60) -> list[Outcome]:
        """Write each message whole or not at all; when this returns, all of them survive a power cut.

        None is begun later than `seconds` from now.
        """
        until = time.monotonic() + seconds
        self.doorway.mkdir(parents=True, exist_ok=True)
        outcomes = [
            self._send(message) if time.monotonic() < until else Outcome(message.message_id, "not_sent", "no_time")
            for message in messages
        ]
        sync_file(self.folder)
        return outcomes

    def look_up(self, doubt: Doubt, message: Message | None = None) -> Outcome | None:
        """What became of a send nobody recorded: accepted, or not_sent and from now on never to be.

        The sender may only be asleep. So its door is shut first, and then we look: where its unfinished
        file would stand, a folder stands, which can neither be written nor linked.
        """
        path = self._path(doubt.send_id)
        unfinished = self.doorway / path.name
        while not unfinished.is_dir():
            unfinished.unlink(missing_ok=True)
            with suppress(FileExistsError):
                unfinished.mkdir(parents=True)
        if path.exists():
            sync_file(self.folder)
            return Outcome(doubt.message_id, "accepted", provider_id=path.name)
        return Outcome(doubt.message_id, "not_sent", "no_file")

    def _send(self, message: Message) -> Outcome:
        if self.name == "email" and not can_be_mailed(message.address):
            return Outcome(message.message_id, "failed", "invalid_address")
        try:
            content = _email(message) if self.name == "email" else _text(message)
        except Exception as error:  # a line break in a header, an address that Python's package cannot fold
            return Outcome(message.message_id, "failed", f"not writable as a message: {type(error).__name__}")
        path = self._path(message.send_id)
        try:
            _place(content, self.doorway / path.name, path)
        except FileExistsError:
            return Outcome(message.message_id, "not_sent", "too_late")
        except OSError as error:
            return Outcome(message.message_id, "not_sent", f"disk: {error.strerror}")
        return Outcome(message.message_id, "accepted", provider_id=path.name)

    def _path(self, send_id: str) -> Path:
        return self.folder / f"{send_id}{SUFFIXES[self.name]}"


def file_channels(folder: Path) -> dict[str, FileChannel]:
    """Both channels, writing below `folder`."""
    return {name: FileChannel(folder, name) for name in SUFFIXES}


def _place(content: bytes, unfinished: Path, path: Path) -> None:
    """Write, make sure of it, and only then show it under its name. A name already taken is an error."""
    with unfinished.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.link(unfinished, path)  # like a rename, but it never replaces
    with suppress(OSError):
        unfinished.unlink()  # a leftover is harmless: the message stands


def _email(message: Message) -> bytes:
    mail = EmailMessage(policy=SMTP if message.address.isascii() else SMTPUTF8)
    headers = {"From": SENDER, "To": message.address, "Subject": message.subject or "", "Date": formatdate()}
    for name, value in (headers | message.headers | _labels(message)).items():
        if ENCODED in value:
            raise ValueError(name)
        mail[name] = value
    if str(mail["To"]) != message.address:
        raise ValueError("To")
    mail.set_content(message.text, cte="quoted-printable")
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
        mail.set_boundary(f"=_{message.send_id}")
    return mail.as_bytes()


def _text(message: Message) -> bytes:
    sender = {"From": message.headers["From"]} if "From" in message.headers else {}
    lines = {"To": message.address} | sender | _labels(message)
    head = "\n".join(f"{name}: {' '.join(value.split())}" for name, value in lines.items())
    return f"{head}\n\n{message.text}\n".encode()


def _labels(message: Message) -> dict[str, str]:
    """Ours alone, all opaque: what the page groups by, and what tells a message from its second copy."""
    return {
        "X-Stammis-Send-Id": message.send_id,
        "X-Stammis-Message-Id": message.message_id,
        "X-Stammis-Customer": message.customer_id,
        "X-Stammis-Journey": message.journey,
        "X-Stammis-Step": message.step,
        "X-Stammis-Locale": message.locale,
    }
