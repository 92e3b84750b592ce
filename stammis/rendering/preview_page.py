"""Writes the page of `stammis preview`: each message as a phone shows it, light or dark, and who gets it when.

While it is watched it asks a small file beside it for the latest version, and loads itself again when
there is a newer one. It asks nothing of the network.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from itertools import groupby
from pathlib import Path

from stammis.core.files import write_whole
from stammis.rendering.messages_page import title
from stammis.rendering.page_style import FIT_FRAMES, STYLE

DAYS = 7
PREVIEW_STYLE = """
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
.theme { float: right; display: flex; border: 1px solid var(--line); border-radius: 99px; overflow: hidden; }
.theme button { padding: 5px 14px; border: 0; background: none; color: var(--quiet); font: inherit; font-size: 14px;
  cursor: pointer; }
.theme button[aria-pressed="true"] { background: var(--card); color: var(--ink); }
.theme button:focus-visible { outline: 2px solid var(--mark); outline-offset: -2px; border-radius: 99px; }
.wording + .wording { margin-top: 28px; }
.texts { display: grid; gap: 28px; }
@media (max-width: 1300px) { .texts { display: contents; } }
.about .preheader { margin: 0 0 6px; font-size: 14px; overflow-wrap: anywhere; }
.about p + p { margin-top: 4px; }
.about code { font-size: 11px; overflow-wrap: anywhere; }
nav + p { margin: 18px 0 6px; font-size: 14px; }
.days { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 12px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child { position: sticky; left: 0; padding-left: 0; background: var(--paper); text-align: left;
  font-weight: 400; }
thead th { color: var(--quiet); font-weight: 400; }
"""
# What was chosen outlives the reload of a watched page; a browser that keeps nothing asks the system again.
THEME = """
const buttons = document.querySelectorAll(".theme button");
const paint = theme => {
  document.documentElement.dataset.theme = theme;
  for (const button of buttons) button.setAttribute("aria-pressed", button.value === theme);
};
let chosen = null;
try { chosen = sessionStorage.getItem("theme"); } catch {}
paint(chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
for (const button of buttons) button.addEventListener("click", () => {
  paint(button.value);
  try { sessionStorage.setItem("theme", button.value); } catch {}
});
"""
# A script file, since a page opened from disk may not fetch anything.
RELOAD = """
const shown = document.documentElement.dataset.version;
function latest(version) { if (version !== shown) location.reload(); }
setInterval(() => {
  const asked = document.createElement("script");
  asked.src = "version.js?" + Date.now();
  asked.onload = asked.onerror = () => asked.remove();
  document.head.append(asked);
}, 700);
"""

Counts = Mapping[tuple[str, str], Mapping[date, int]]  # journey and step -> day -> people


@dataclass(frozen=True, slots=True)
class Draft:
    """One message as it would be sent. `html` is None for an SMS; `problem` says why it could not be rendered.

    `variant` is the wording a branch leads to, None for the plain one; `file` is shown with it.
    """

    journey: str
    step: str
    variant: str | None
    channel: str
    locale: str
    file: str
    subject: str = ""
    preheader: str = ""
    text: str = ""
    html: str | None = None
    length: str = ""
    problem: str | None = None


def write_preview(
    folder: Path, drafts: Sequence[Draft], summary: str, version: str, upcoming: str, is_watched: bool
) -> Path:
    """Write `folder`/preview.html whole; returns its path. `upcoming` is HTML, `summary` is plain text."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "preview.html"
    owner = f"{os.getpid()}"  # `--watch` in two terminals
    write_whole(page, "".join(_page(drafts, summary, version, upcoming, is_watched)), owner)
    write_whole(folder / "version.js", f"latest({json.dumps(version)});\n", owner)
    return page


def days_table(counts: Counts, first: date) -> str:
    """HTML of a table: how many people each step reaches on the day of the last run, `first`, and in the days after."""
    days = [first + timedelta(days=number) for number in range(DAYS + 1)]
    names = [f"{first.day} {first:%b} (last run)", *(f"{day:%a} {day.day} {day:%b}" for day in days[1:])]
    heads = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(
        f"<tr><th>{title(journey)} <i>{title(step)}</i></th>"
        + "".join(f"<td>{by_day.get(day, 0) or '–'}</td>" for day in days)
        + "</tr>"
        for (journey, step), by_day in counts.items()
    )
    caption = (
        "Who gets it in the next seven days, as things stood at the last run; what is sent already is not counted. "
        "Later steps follow the earlier ones."
    )
    head = f"<thead><tr><th></th>{heads}</tr></thead>"
    return f'<p id="days">{caption}</p>' + (
        f'<div class="days"><table aria-labelledby="days">{head}<tbody>{rows}</tbody></table></div>'
    )


def note(sentence: str) -> str:
    """HTML of a sentence that takes the place of the table."""
    return f"<p>{escape(sentence)}</p>"


def _page(drafts: Sequence[Draft], summary: str, version: str, upcoming: str, is_watched: bool) -> Iterator[str]:
    script = THEME + FIT_FRAMES + (RELOAD if is_watched else "")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    scripts = f"'sha256-{allowed}'" + (" file:" if is_watched else "")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {scripts}"
    yield (
        f'<!doctype html>\n<html lang="en" data-version="{escape(version)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>Preview</title>\n<style>{STYLE}{PREVIEW_STYLE}</style>\n</head>\n<body>\n"
        '<header><div class="theme" role="group" aria-label="Show it in">'
        '<button type="button" value="light">Light</button><button type="button" value="dark">Dark</button></div>'
        f"<h1>Preview</h1><p>{escape(summary)}</p>"
    )
    groups = [
        (journey, step, list(messages))
        for (journey, step), messages in groupby(drafts, key=lambda each: (each.journey, each.step))
    ]
    links = (
        f'<a href="#{escape(f"{journey}.{step}")}">{title(journey)} <i>{title(step)}</i></a>'
        for journey, step, _ in groups
    )
    yield f"<nav>{''.join(links)}</nav>{upcoming}</header>\n<main>\n"
    for journey, step, messages in groups:
        yield f'<section id="{escape(f"{journey}.{step}")}">\n<h2>{title(journey)} <i>{title(step)}</i></h2>\n'
        for _, wording in groupby(messages, key=lambda each: each.variant):
            yield from _wording(list(wording))
        yield "</section>\n"
    yield f"</main>\n<script>{script}</script>\n</body>\n</html>\n"


def _wording(drafts: Sequence[Draft]) -> Iterator[str]:
    """HTML of one wording: its e-mails side by side, then its texts in one column, because they are short."""
    texts = [draft for draft in drafts if draft.channel == "sms"]
    mails = [draft for draft in drafts if draft.channel != "sms"]
    yield '<div class="wording">\n'
    yield from map(_card, mails)
    if mails and texts:
        yield '<div class="texts">\n'
    yield from map(_card, texts)
    if mails and texts:
        yield "</div>\n"
    yield "</div>\n"


def _card(draft: Draft) -> str:
    subject = "This message cannot be sent" if draft.problem else draft.subject
    if draft.html is not None:
        frame = escape(draft.html.replace("<head>", '<head><base target="_blank">', 1))  # no link replaces the message
        body = f'<iframe sandbox="allow-same-origin" loading="lazy" title="The e-mail" srcdoc="{frame}"></iframe>'
    elif draft.problem:
        body = f'<div class="plain">{escape(draft.problem)}</div>'
    else:
        body = f'<div class="sms"><p>{escape(draft.text)}</p></div>'
    about = " · ".join(filter(None, (draft.channel, (draft.variant or "").replace("_", " "), draft.length)))
    return (
        '<article>\n<div class="about">'
        + (f"<h3>{escape(subject)}</h3>" if subject else "")
        + (f'<p class="preheader">{escape(draft.preheader)}</p>' if draft.preheader else "")
        + f'<p><span>{escape(about)}</span><span class="tag">{escape(draft.locale)}</span></p>'
        + f"<p><code>{escape(draft.file).replace('/', '/<wbr>')}</code></p></div>\n{body}\n</article>\n"
    )
