"""Writes one page that shows e-mails and texts as a phone does. It is for people; no program reads it.

It loads nothing from anywhere: e-mails stand in sandboxed frames without scripts, and the page's own policy
forbids the network, so that opening it tells nobody anything.
"""

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from html import escape
from itertools import groupby
from pathlib import Path

from stammis.core.files import write_whole
from stammis.rendering.page_style import FIT_FRAMES, STYLE

NEWEST = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """One written message as the page shows it; `html` is None for an SMS. `file` is relative to the page."""

    journey: str
    step: str
    channel: str
    address: str
    subject: str
    locale: str
    customer_id: str
    text: str
    html: str | None
    file: str


def write_page(folder: Path) -> Path:
    """Write `folder`/messages.html from the files below it, newest first; returns its path.

    Shows at most the newest 200 and says so. The file is replaced whole, also while somebody is reading it.
    """
    files = _newest_first(folder)
    shown = [message for path in files[:NEWEST] if (message := _read(folder, path))]
    page = folder / "messages.html"
    write_whole(page, "".join(_page(shown, len(files))), owner=f"{os.getpid()}")
    return page


def _newest_first(folder: Path) -> list[Path]:
    entries = [
        entry
        for channel, suffix in (("email", ".eml"), ("sms", ".txt"))
        if (folder / channel).is_dir()
        for entry in os.scandir(folder / channel)
        if entry.name.endswith(suffix)
    ]
    entries.sort(key=lambda entry: (-entry.stat().st_mtime_ns, entry.name))
    return [Path(entry.path) for entry in entries]


def _read(folder: Path, path: Path) -> Shown | None:
    """Read a message from its file; None for a file that is no message of ours."""
    content, file = path.read_bytes(), path.relative_to(folder).as_posix()
    if path.suffix == ".txt":
        head, _, text = content.decode("utf-8", "replace").partition("\n\n")
        lines = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
        return _shown(lines, "sms", lines.get("To", ""), "", text.rstrip("\n"), None, file)
    mail = message_from_bytes(content)  # the newer policy parses headers five times as slowly
    labels = {"To": "", "Subject": ""} | {name: str(make_header(decode_header(value))) for name, value in mail.items()}
    text = _part(mail, "plain") or ""
    return _shown(labels, "email", labels["To"], labels["Subject"], text, _part(mail, "html"), file)


def _part(mail: Message, kind: str) -> str | None:
    for part in mail.walk():
        if part.get_content_type() == f"text/{kind}":
            content = part.get_payload(decode=True)
            return content.decode(part.get_content_charset("utf-8"), "replace") if isinstance(content, bytes) else None
    return None


def _shown(
    labels: dict[str, str], channel: str, address: str, subject: str, text: str, html: str | None, file: str
) -> Shown | None:
    if "X-Stammis-Journey" not in labels:
        return None
    journey, step, locale, customer = (
        labels.get(f"X-Stammis-{name}", "") for name in ("Journey", "Step", "Locale", "Customer")
    )
    return Shown(journey, step, channel, address, subject, locale, customer, text, html, file)


def _page(shown: Sequence[Shown], written: int) -> Iterator[str]:
    script = base64.b64encode(hashlib.sha256(FIT_FRAMES.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{script}'"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>Messages</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    groups = _grouped(shown)
    yield f"<header><h1>Messages</h1><p>{_summary(shown, written)}</p>"
    if groups:
        yield "<nav>"
        for journey, step, messages in groups:
            target = escape(f"{journey}.{step}")
            yield f'<a href="#{target}">{title(journey)} <i>{title(step)}</i> <b>{len(messages)}</b></a>'
        yield "</nav>"
    yield "</header>\n<main>\n"
    for journey, step, messages in groups:
        yield f'<section id="{escape(f"{journey}.{step}")}">\n<h2>{title(journey)} <i>{title(step)}</i>'
        yield f" <b>{len(messages)}</b></h2>\n<div>\n"
        yield from map(card, messages)
        yield "</div>\n</section>\n"
    if not groups:
        yield '<p class="nothing">Nothing has been sent yet.<br>Here is where it will be.</p>\n'
    yield f"</main>\n<script>{FIT_FRAMES}</script>\n</body>\n</html>\n"


def _grouped(shown: Sequence[Shown]) -> list[tuple[str, str, list[Shown]]]:
    def place(message: Shown) -> tuple[str, str]:
        return message.journey, message.step

    return [(*key, list(messages)) for key, messages in groupby(sorted(shown, key=place), key=place)]


def _summary(shown: Sequence[Shown], written: int) -> str:
    texts = sum(message.channel == "sms" for message in shown)
    parts = [_counted(len(shown) - texts, "e-mail"), _counted(texts, "text message")]
    said = " and ".join(part for part in parts if part)
    if not shown:
        return "None yet."
    if written > NEWEST:
        return f"The newest {NEWEST} of {written:,}: {said}. The others lie beside this page as files."
    return f"{said}, as a phone shows them."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}" if count else ""


def title(name: str) -> str:
    return escape(name.replace("_", " ").capitalize())


def card(message: Shown) -> str:
    subject = f"<h3>{escape(message.subject)}</h3>" if message.subject else ""
    if message.html is not None:
        body = (
            '<iframe sandbox="allow-same-origin" loading="lazy" title="The e-mail"'
            f' srcdoc="{escape(_unclickable(message.html))}"></iframe>'
        )
    elif message.channel == "sms":
        body = f'<div class="sms"><p>{escape(message.text)}</p></div>'
    else:
        body = f'<div class="plain">{escape(message.text)}</div>'
    return (
        f'<article>\n<div class="about">{subject}<p><span>{escape(message.address)}</span>'
        f'<span class="tag">{escape(message.locale)}</span>'
        f'<a href="{escape(message.file)}">file</a></p></div>\n{body}\n</article>\n'
    )


def _unclickable(html: str) -> str:
    """Make links open a new window, which the frame refuses: otherwise a click would replace the message."""
    return html.replace("<head>", '<head><base target="_blank">', 1)
