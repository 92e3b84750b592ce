"""A mistake in one journey's models holds that journey: dbt reads the project without them, and the others go on.

dbt reads all files before it builds any, so a typo in a `ref`, a broken YAML or a deleted file would end every build.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stammis.core.settings import Settings
from stammis.core.types import Node
from stammis.core.yaml_files import YamlFault, read_mapping
from stammis.warehouse.project_files import copied

OF_A_JOURNEY = re.compile(r"(?:audience|rules)_(\w+)")
# What dbt says of a project it cannot read, each on one line.
OF_A_FILE = re.compile(r"(?:Compilation|Parsing) Error.*?\b(?:models/)?(audiences/[\w./-]+\.(?:sql|ya?ml))\)?(.*)")
UNKNOWN_NAME = re.compile(r"depends on a (node|source) named '(?:\w+\.)*(\w+)' which was not found")
UNDEFINED = re.compile(r"'(\w+)' is undefined")
LINE = re.compile(r" line (\d+)\b.*")  # after it dbt quotes the line
OF_AN_ENTRY = re.compile(r"@ (\w+): .*?'name': '(\w+)'")


def blamed(settings: Settings, message: str) -> set[str]:
    """The journeys whose own models dbt's message names."""
    files = (settings.dbt_project / "models" / "audiences").rglob("*")
    known = {found.group(1) for path in files if (found := OF_A_JOURNEY.fullmatch(path.stem))}
    return known & set(OF_A_JOURNEY.findall(message))


def unreadable(settings: Settings) -> dict[str, str]:
    """Journey → what is wrong, where a file of its models is no text; dbt would not say which."""
    found = {}
    for path in sorted((settings.dbt_project / "models" / "audiences").rglob("*")):
        of_a_journey = OF_A_JOURNEY.fullmatch(path.stem)
        if of_a_journey and path.is_file():
            try:
                path.read_bytes().decode()
            except UnicodeDecodeError as error:
                line = error.object[: error.start].count(b"\n") + 1
                place = path.relative_to(settings.dbt_project.parent)
                found[of_a_journey.group(1)] = f"{place}:{line}: is not UTF-8 text: save the file as UTF-8"
    return found


def without(settings: Settings, variables: Mapping[str, Any], journeys: set[str]) -> tuple[Settings, Mapping[str, Any]]:
    """The settings on a copy of the project that lacks the models of these journeys, and the variables for it."""
    theirs = {f"{model}_{journey}" for model in ("audience", "rules") for journey in journeys}
    copy = copied(settings, settings.data / "dbt" / "project", lambda path: path.stem in theirs)
    kept = {
        "journeys": [name for name in variables["journeys"] if name not in journeys],
        "branches": [branch for branch in variables["branches"] if branch["journey"] not in journeys],
    }
    return copy, {**variables, **kept}


def held_back(journeys: Mapping[str, str]) -> list[Node]:
    """What became of the audiences that were left out, for the gate: an error, in dbt's words."""
    return [
        Node(f"model.stammis.audience_{journey}", f"audience_{journey}", "error", 0, message)
        for journey, message in sorted(journeys.items())
    ]


def in_our_words(settings: Settings, node: Node) -> Node:
    """The node; where its message says why dbt cannot read an audience's file, with file, line and what is wrong."""
    found = OF_A_FILE.search(" ".join(node.message.split()))
    file = settings.dbt_project / "models" / found.group(1) if found else None
    if not found or not file or not file.is_file():
        return node
    line, what = _mistake(settings, file, found.group(2))
    place = file.relative_to(settings.dbt_project.parent)
    return replace(node, message=f"{place}:{line}: {what}" if line else f"{place}: {what}")


def _mistake(settings: Settings, file: Path, said: str) -> tuple[int | None, str]:
    """The line of a mistake and what it is, after what dbt said of the file."""
    if unknown := UNKNOWN_NAME.search(said):
        kind, name = unknown.groups()
        close = get_close_matches(name, sorted(_names(settings) - {file.stem}), n=1) if kind == "node" else []
        called = "model or seed" if kind == "node" else "source"
        hint = f"; did you mean `{close[0]}`?" if close else ""
        return _line_of(file, name), f"there is no {called} called `{name}`{hint}"
    if undefined := UNDEFINED.search(said):
        name = undefined.group(1)
        return _line_of(file, name), f"there is no macro or variable `{name}`"
    if file.suffix != ".sql":
        try:
            read_mapping(file)
        except YamlFault as fault:
            return fault.line, fault.message
        entry = OF_AN_ENTRY.search(said)
        what = f"what stands under `{entry.group(1)}`" if entry else "it"
        line = _line_of(file, entry.group(2)) if entry else None
        return line, f"dbt cannot use {what}: compare it with another audience's file"
    numbered = LINE.search(said)
    return int(numbered.group(1)) if numbered else None, LINE.sub("", said).strip()


def _names(settings: Settings) -> set[str]:
    """What a `ref` may name: models and seeds, by their files."""
    project = settings.dbt_project
    return {path.stem for path in [*(project / "models").rglob("*.sql"), *(project / "seeds").rglob("*.csv")]}


def _line_of(file: Path, name: str) -> int | None:
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((number for number, line in enumerate(lines, 1) if re.search(rf"\b{name}\b", line)), None)
