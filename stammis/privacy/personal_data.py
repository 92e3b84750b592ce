"""Writes everything held about one person: a JSON file for machines, an HTML page for people.

It reads what an erasure changes: published tables, ledger, landed rows, quarantined rows, written messages.
"""

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stammis.core.damage import ARROW, named_damage
from stammis.core.settings import Settings
from stammis.intake import quarantined, read_contracts
from stammis.intake.files import find_files
from stammis.intake.scrub import read_rows_of
from stammis.intake.store import manifest_of
from stammis.ledger.erasure import open_for_erasure
from stammis.privacy.erase_landing import Words
from stammis.privacy.erasure import OUTSIDE
from stammis.privacy.person import Person, find_person
from stammis.privacy.rows import Rows, find_rows
from stammis.warehouse import published

PersonalData = dict[str, Any]
TITLES = {
    "known_by": "What ties records to this person",
    "published": "What is made of it, as of the last run",
    "ledger": "What was sent, and what was answered",
    "written_messages": "Messages as they were written",
    "exports": "Rows of the exports, as they landed",
    "quarantined": "Rows that could not be read",
}
STYLE = (
    "body{font:15px system-ui;margin:2rem}div{overflow-x:auto}table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
    "td,th{border:1px solid #ccc;padding:.2rem .5rem;text-align:left;vertical-align:top}pre{white-space:pre-wrap}"
)


def collect_personal_data(settings: Settings, customer: str) -> PersonalData:
    """Collect all that is held about the person of an id, address, number or card, as plain values.

    Raises StammisError for nobody, several, or somebody who is erased.
    """
    person = find_person(settings, customer)
    found = find_rows(settings, person)
    with open_for_erasure(settings) as ledger:
        history = ledger.held(person.customer_ids, person.addresses)
    send_ids = {str(message["send_id"]) for message in history["messages"]}
    words = Words(settings, found.own)
    return {
        "customer_id": person.customer_id,
        "earlier_ids": list(person.customer_ids[1:]),
        "as_of": published.rows(settings, "select as_of, run_id from {clock}"),
        "known_by": [{"key": key, "shared": key in person.shared} for key in sorted(found.own | person.shared)],
        "published": _published(settings, person),
        "ledger": history,
        "written_messages": _written(settings, send_ids),
        "exports": _landed(settings, found.rows),
        "quarantined": [
            vars(row)
            for row in quarantined(settings)
            if words.addresses.search(row.row.encode()) or words.ids.search(row.row.encode())
        ],
        "held_elsewhere": list(OUTSIDE),
    }


def write_personal_data(held: PersonalData, folder: Path) -> tuple[Path, Path]:
    """Write person.json and index.html, readable by their owner only; returns both paths."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    json_path, html_path = folder / "person.json", folder / "index.html"
    for path, text in (
        (json_path, json.dumps(held, indent=2, ensure_ascii=False, default=str)),
        (html_path, as_page(held)),
    ):
        path.touch(mode=0o600)
        path.write_text(text + "\n", encoding="utf-8")
    return json_path, html_path


def as_page(held: PersonalData) -> str:
    """Return it as an HTML page with one table per place and table, without empty cells; the id is shown once."""
    customer_id = held["customer_id"]
    parts = [f"<h1>Everything held about customer {html.escape(customer_id)}</h1>"]
    for section, title in TITLES.items():
        parts.append(f"<h2>{title}</h2>")
        content = held[section]
        tables = content if isinstance(content, Mapping) else {"": content}
        shown = {name: [_telling(row, customer_id) for row in rows] for name, rows in tables.items()}
        filled = {name: rows for name, every in shown.items() if (rows := [row for row in every if row])}
        parts += [f"<h3>{html.escape(name)}</h3>{_table(rows)}" for name, rows in filled.items()] or ["<p>Nothing.</p>"]
    elsewhere = "".join(f"<li>{html.escape(text)}</li>" for text in held["held_elsewhere"])
    parts.append(f"<h2>PersonalData elsewhere</h2><ul>{elsewhere}</ul>")
    return f'<!doctype html><meta charset="utf-8"><title>PersonalData</title><style>{STYLE}</style>' + "\n".join(parts)


def _telling(row: Mapping[str, Any], customer_id: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (None, "", customer_id)}


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(rows) == 1:  # on its side: dozens of columns fit on no screen
        lines = [f"<th>{html.escape(name)}<td>{_cell(rows[0][name])}" for name in names]
    else:
        lines = ["".join(f"<th>{html.escape(name)}" for name in names)]
        lines += ["".join(f"<td>{_cell(row.get(name))}" for name in names) for row in rows]
    return f"<div><table>{''.join(f'<tr>{line}' for line in lines)}</table></div>"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return _table([value])
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')
    return f"<pre>{html.escape(text)}</pre>" if "\n" in text else html.escape(text)


def _published(settings: Settings, person: Person) -> dict[str, list[published.Row]]:
    """Their rows in every table of the last run, the lines of their orders, and the outboxes of earlier runs."""
    import pyarrow.parquet as pq

    current, ids, found = published.current_run(settings), list(person.customer_ids), dict[str, list[published.Row]]()
    for path in sorted((settings.published / current).glob("*.parquet")):
        with named_damage(settings.data, *ARROW):
            columns = {"customer_id", "alias_id"} & {name.lower() for name in pq.read_schema(path).names}
        if columns:
            which = " or ".join(f"list_contains(?, {column})" for column in sorted(columns))
            query = f"select * from {{{path.stem}}} where {which}"
            found[path.stem] = published.rows(settings, query, [ids] * len(columns))
    theirs = "select order_id from {orders} where list_contains(?, customer_id)"
    lines = f"select * from {{order_lines}} where order_id in ({theirs})"
    found["order_lines"] = published.rows(settings, lines, [ids])
    left_alone = "select * from {suppressions} where list_contains(?, address)"
    found["suppressions"] = published.rows(settings, left_alone, [sorted(person.addresses)])
    for run in sorted(settings.published.glob("[0-9]*")):
        if run.name != current and published.has_table(settings, "outbox", run.name):
            query = "select * from {outbox} where list_contains(?, customer_id)"
            found[f"outbox of {run.name}"] = published.rows(settings, query, [ids], run.name)
    return found


def _landed(settings: Settings, rows: Rows) -> list[dict[str, Any]]:
    """Their rows as exported; if the export is gone, as intake has them."""
    files, _ = find_files(settings.landing, read_contracts(settings.dbt_project))
    landed = {(file.contract.source, file.contract.entity, file.place): file for file in files}
    found = []
    for entry in manifest_of(settings).entries.values():
        lines = rows.get((entry.source, entry.entity, entry.file_hash))
        file = landed.get(entry.key[:3])
        if lines and file:
            found += [{"file": entry.place, "row": row} for row in read_rows_of(file, frozenset(lines))]
    return found


def _written(settings: Settings, send_ids: set[str]) -> list[dict[str, str]]:
    if not settings.messages.exists():
        return []
    paths = sorted(path for path in settings.messages.rglob("*") if path.is_file() and path.stem in send_ids)
    return [
        {"file": str(path.relative_to(settings.messages)), "text": path.read_text(encoding="utf-8", errors="replace")}
        for path in paths
    ]
