"""Ends a run before it builds anything, where it could decide nothing but what the last one did.

That is so while no file has landed, nothing in the ledger, the project or the settings has changed, nothing is on its
way, and no moment has come at which a decision turns: each model says its own (macros/moments.sql).
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from stammis.core.files import write_whole
from stammis.core.settings import Settings
from stammis.ledger import open_ledger
from stammis.privacy.request import folder_of
from stammis.warehouse.moments import Turn
from stammis.warehouse.project_files import environment_read

FORMAT = 1
PACKAGE = Path(__file__).parents[1]
NOT_DECIDING = {"data", "landing"}  # settings that say where, not what

Hashes = dict[str, str]


def quiet_message(settings: Settings, as_of: datetime) -> str:
    """Why a run need not build, with what was looked at; "" where it must."""
    last = _last(settings)
    is_erasing = any(folder_of(settings).glob("*.json"))  # what a kill interrupted is finished first
    if last.get("format") != FORMAT or is_erasing:
        return ""
    until = datetime.fromisoformat(last["turns_at"]) if last["turns_at"] else None
    if as_of < datetime.fromisoformat(last["as_of"]) or (until and as_of >= until):
        return ""
    changeable = inputs(settings) | decided_from(settings)
    if last["stood_on"] != changeable | _outputs(settings):
        return ""
    rest = f"before {until:%Y-%m-%d %H:%M} UTC, when {last['what']}" if until else "by the clock alone"
    return f"nothing has changed since run {last['run_id']} ({', '.join(changeable)}), and nothing turns {rest}"


def keep(settings: Settings, run_id: str, as_of: datetime, turn: Turn, stood_on: Hashes) -> None:
    """Keep what a run stood on, for the next to compare with. Not while a message is on its way or in doubt."""
    with open_ledger(settings) as ledger:
        if ledger.has_open():
            return
    moment, what = turn
    last = {
        "format": FORMAT,
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "turns_at": moment.isoformat() if moment else None,
        "what": what,
        "stood_on": stood_on | _outputs(settings),
    }
    write_whole(_place(settings), json.dumps(last))


def forget(settings: Settings) -> None:
    """Forget the last run, as soon as another begins: one that ends before its end is none to compare with."""
    _place(settings).unlink(missing_ok=True)


def inputs(settings: Settings) -> Hashes:
    """What people and sources change, each as a hash. Ask before any of it is read: what changes later has changed."""
    values = {each.name: str(getattr(settings, each.name)) for each in fields(settings)}
    chosen = {name: value for name, value in values.items() if name not in NOT_DECIDING}
    return {
        "landed files": _listed(settings.landing, follows_links=False),
        "models": _listed(settings.dbt_project),
        "templates": _listed(settings.templates),
        "settings": _hash(json.dumps([chosen, settings.derived_key("quiet"), environment_read(settings)])),
        "program": _listed(PACKAGE),
    }


def decided_from(settings: Settings) -> Hashes:
    """What earlier runs and people left, and a run decides by. Ask once the ledger is exported: a commit changes it."""
    with open_ledger(settings) as ledger:
        signature = ledger.signature()
    histories = [_listed(settings.data / name) for name in ("registry", "valuations")]  # no decision reads segments
    return {"ledger": signature, "histories": _hash("".join(histories))}


def _last(settings: Settings) -> dict[str, Any]:
    try:
        return dict(json.loads(_place(settings).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _place(settings: Settings) -> Path:
    return settings.data / "last_run.json"


def _outputs(settings: Settings) -> dict[str, str]:
    """What the last run left and nobody else changes, but an erasure or a build by hand."""
    current = settings.published / "current"
    left = (settings.warehouse, settings.intake / "manifest.jsonl", settings.data / "quarantine" / "unread_files.json")
    stats = [f"{path.stat().st_size} {path.stat().st_mtime_ns}" if path.exists() else "" for path in left]
    return {"built": _hash(json.dumps([*stats, current.resolve().name if current.exists() else ""]))}


def _listed(folder: Path, *, follows_links: bool = True) -> str:
    """A hash of names, sizes and times of change of all files below a folder. Links are followed as its readers do."""
    return _hash("\n".join(sorted(_files(folder, follows_links))))


def _files(folder: Path, follows_links: bool) -> Iterator[str]:
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=follows_links):
        seen.add(os.path.realpath(place))
        inside = {name: os.path.realpath(os.path.join(place, name)) for name in folders if name != "__pycache__"}
        folders[:] = [name for name, path in inside.items() if path not in seen]  # a link may lead in a circle
        for name in names:
            try:
                stat = (Path(place) / name).stat()
            except OSError:  # a link to nowhere, or a file that somebody is just moving
                yield f"{os.path.relpath(place, folder)}/{name}"
                continue
            yield f"{os.path.relpath(place, folder)}/{name} {stat.st_size} {stat.st_mtime_ns}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]
