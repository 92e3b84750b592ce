"""The page of `stammis preview`: the same cards as the page of messages, and who gets them in the next days.

While it is watched it asks a small file beside it for the latest version, and loads itself again when
there is a newer one. It asks nothing of the network.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from itertools import groupby
from pathlib import Path

from stammis.channels.page import Shown, card, title
from stammis.channels.page_style import FIT_FRAMES, STYLE

DAYS = 7
TABLE_STYLE = """
nav + p { margin: 16px 0 0; }
.days { overflow-x: auto; margin: 18px 0 0; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 6px; text-align: left; color: var(--quiet); }
th, td { padding: 6px 12px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child { padding-left: 0; text-align: left; font-weight: 400; }
thead th { color: var(--quiet); font-weight: 400; }
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


def write_preview(
    folder: Path, shown: Sequence[Shown], summary: str, version: str, upcoming: str, is_watched: bool
) -> Path:
    """Write `folder`/preview.html, whole or not at all; returns its path. `upcoming` is HTML, `summary` is not."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "preview.html"
    _put(page, "".join(_page(shown, summary, version, upcoming, is_watched)))
    _put(folder / "version.js", f"latest({json.dumps(version)});\n")
    return page


def days_table(counts: Counts, first: date) -> str:
    """HTML: how many people each step reaches today and in the days after."""
    days = [first + timedelta(days=number) for number in range(DAYS + 1)]
    names = [f"{day:%a} {day.day} {day:%b}" for day in days]
    heads = "".join(f"<th>{name}</th>" for name in ["today", *names[1:]])
    rows = "".join(
        f"<tr><th>{title(journey)} <i>{title(step)}</i></th>"
        + "".join(f"<td>{by_day.get(day, 0) or '–'}</td>" for day in days)
        + "</tr>"
        for (journey, step), by_day in counts.items()
    )
    caption = f"Who gets it from {names[0]} on, as things stood at the last run. Later steps follow the earlier ones."
    head = f"<thead><tr><th></th>{heads}</tr></thead>"
    return f'<div class="days"><table><caption>{caption}</caption>{head}<tbody>{rows}</tbody></table></div>'


def note(sentence: str) -> str:
    """HTML: a sentence where the table would be."""
    return f"<p>{escape(sentence)}</p>"


def _page(shown: Sequence[Shown], summary: str, version: str, upcoming: str, is_watched: bool) -> Iterator[str]:
    script = FIT_FRAMES + (RELOAD if is_watched else "")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    scripts = f"'sha256-{allowed}'" + (" file:" if is_watched else "")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {scripts}"
    yield (
        f'<!doctype html>\n<html lang="en" data-version="{escape(version)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>Preview</title>\n<style>{STYLE}{TABLE_STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>Preview</h1><p>{escape(summary)}</p>"
    )
    groups = [
        (journey, step, list(messages))
        for (journey, step), messages in groupby(shown, key=lambda each: (each.journey, each.step))
    ]
    links = (
        f'<a href="#{escape(f"{journey}.{step}")}">{title(journey)} <i>{title(step)}</i></a>'
        for journey, step, _ in groups
    )
    yield f"<nav>{''.join(links)}</nav>{upcoming}</header>\n<main>\n"
    for journey, step, messages in groups:
        yield f'<section id="{escape(f"{journey}.{step}")}">\n<h2>{title(journey)} <i>{title(step)}</i></h2>\n<div>\n'
        yield from map(card, messages)
        yield "</div>\n</section>\n"
    yield f"</main>\n<script>{script}</script>\n</body>\n</html>\n"


def _put(file: Path, text: str) -> None:
    unfinished = file.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)
