"""Reads and checks the journeys: templates/<journey>/journey.yaml.

A file that is wrong becomes problems, each with file, line and remedy; the other journeys are returned.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from stammis.core import yaml_files
from stammis.core.errors import printable, unforeseen
from stammis.core.yaml_files import Fault, YamlFault, read_keys
from stammis.journeys import branches, legal_bases
from stammis.journeys.branches import Branch
from stammis.journeys.keys import (
    DEFAULTS,
    HOLDOUT_PERCENTS,
    JOURNEY_KEYS,
    NEEDED,
    NEEDED_IN_STEP,
    SHARED_KEYS,
    STEP_DEFAULTS,
    STEP_KEYS,
)

SAMPLES = "samples.yaml"  # made-up people: no word of theirs reaches a message


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem that a person must mend. `journey` is None when it concerns every journey."""

    journey: str | None
    file: Path
    line: int | None
    message: str

    def __post_init__(self) -> None:
        # a file's name need not be UTF-8, and what is said of it is printed, and written to the warehouse
        object.__setattr__(self, "journey", self.journey and printable(self.journey))
        object.__setattr__(self, "file", Path(printable(str(self.file))))
        object.__setattr__(self, "message", printable(self.message))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a journey. `wait_minutes` runs from the step before, or from entry.

    People who were not sent the step that `reminds_of` names are not sent this one either.

    The first of `branches` that holds for a person names the variant they read; none: the plain message.
    """

    position: int
    name: str
    channel: str
    fallback: str | None
    wait_minutes: int
    max_age_minutes: int
    offer: str | None
    reminds_of: str | None
    purpose: str
    basis: str
    holdout_percent: int
    template_version: str
    branches: tuple[Branch, ...] = ()

    @property
    def variants(self) -> tuple[str | None, ...]:
        """Every wording of the step: None for the plain one, then each variant once."""
        return (None, *dict.fromkeys(branch.variant for branch in self.branches))


@dataclass(frozen=True, slots=True)
class Journey:
    """One journey. `backlog`: how many who qualified before `starts_on` may enter a day; None: nobody.

    `definition_hash` changes with its file, `version` also with its messages. A person approves a `version`.
    """

    name: str
    title: str
    owner: str
    purpose: str
    basis: str
    priority: int
    enabled: bool
    starts_on: date
    backlog: int | None
    reentry: str
    reentry_days: int | None
    holdout_percent: int
    goal_event: str
    goal_within_days: int
    on_change: str
    definition_hash: str
    version: str
    steps: tuple[Step, ...]


def read_journeys(templates: Path) -> tuple[list[Journey], list[Problem]]:
    """Return every journey that can run, by priority then name, and every problem of the others."""
    journeys: list[Journey] = []
    problems: list[Problem] = []
    for folder in journey_folders(templates):
        file = folder / "journey.yaml"
        try:
            journey, faults = _read_journey(folder)
        except YamlFault as fault:
            journey, faults = None, [Fault(fault.line, fault.message)]
        except Exception as error:  # whatever is wrong with one journey stops only itself
            journey, faults = None, [Fault(None, f"cannot be read: {unforeseen(error)}; please report it")]
        problems += [Problem(folder.name, file, fault.line, fault.message) for fault in faults]
        if journey and not faults:
            journeys.append(journey)
    if not journeys and not problems:
        what = "holds no journey: each is a folder with a journey.yaml, such as win_back"
        problems.append(Problem(None, templates, None, what))
    return sorted(journeys, key=lambda journey: (journey.priority, journey.name)), problems


def journey_folders(templates: Path) -> list[Path]:
    """The folders of journeys: all but those whose names begin with _ or a dot."""
    if not templates.is_dir():
        return []
    return sorted(path for path in templates.iterdir() if path.is_dir() and path.name[0] not in "_.")


def step_files(folder: Path, step: str) -> list[Path]:
    """The message files of one step: <step>[.<variant>].<channel>.<locale>.<html|txt>."""
    return sorted(path for path in folder.glob(f"{step}.*") if path.is_file() and path.name[-1] != "~")


def _read_journey(folder: Path) -> tuple[Journey | None, list[Fault]]:
    name = folder.name
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        return None, [Fault(None, f"the folder {name} must be named in lower-case letters, digits and _")]
    if not (folder / "journey.yaml").is_file():
        return None, [Fault(None, "is missing: a journey's folder has one; begin from another journey's")]
    mapping = yaml_files.read_mapping(folder / "journey.yaml")
    values, faults = read_keys(mapping, JOURNEY_KEYS, NEEDED, line=1)
    steps = values.get("steps", [])
    faults += [*_step_faults(steps), *legal_bases.basis_faults(name, mapping, steps)]
    if faults:
        return None, faults
    values = DEFAULTS | {"holdout_percent": HOLDOUT_PERCENTS.get(values["purpose"], 0)} | values
    definition_hash = _hash([json.dumps(mapping, sort_keys=True, default=str).encode()])
    steps = tuple(_read_steps(folder, values))
    return Journey(
        name=name,
        reentry=values["reentry"][0],
        reentry_days=values["reentry"][1],
        goal_event=values["goal"][0],
        goal_within_days=values["goal"][1],
        **{
            key: values[key]
            for key in (
                "title",
                "owner",
                "purpose",
                "basis",
                "priority",
                "enabled",
                "starts_on",
                "backlog",
                "holdout_percent",
                "on_change",
            )
        },
        definition_hash=definition_hash,
        version=_hash([definition_hash.encode(), *(step.template_version.encode() for step in steps)]),
        steps=steps,
    ), []


def _step_faults(steps: CommentedSeq) -> Iterator[Fault]:
    lines: dict[str, int] = {}
    reminders: dict[str, str] = {}
    for index, step in enumerate(steps):
        line = int(steps.lc.item(index)[0]) + 1
        if not isinstance(step, CommentedMap):
            yield Fault(line, "each step begins with `- name: ...` and has its own keys below")
            continue
        values, faults = read_keys(step, STEP_KEYS, NEEDED_IN_STEP, line)
        yield from faults
        yield from branches.branch_faults(values.get("branches", ()))
        name, before = values.get("name"), values.get("reminds_of")
        if before and before not in lines:
            what = f"is no step before this one{yaml_files.suggest(before, lines)}"
            yield Fault(yaml_files.line_of(step, "reminds_of"), f"`reminds_of: {before}` {what}")
        if before in reminders:
            what = f"is itself a reminder: write `reminds_of: {reminders[before]}`"
            yield Fault(yaml_files.line_of(step, "reminds_of"), f"`reminds_of: {before}` {what}")
        if before and name:
            reminders[name] = before
        if name in lines:
            yield Fault(line, f"the step {name} stands here twice (first in line {lines[name]}): rename one")
        elif name:
            lines[name] = line
        if "fallback" in values and values["fallback"] == values.get("channel"):
            place = yaml_files.line_of(step, "fallback")
            what = f"`fallback: {values['fallback']}` is the channel itself: name another or leave it out"
            yield Fault(place, what)


def _read_steps(folder: Path, journey: dict[str, Any]) -> Iterator[Step]:
    for position, step in enumerate(journey["steps"], start=1):
        values, _ = read_keys(step, STEP_KEYS, NEEDED_IN_STEP)
        inherited = {key: journey[key] for key in SHARED_KEYS}
        if "purpose" in values and values["purpose"] != journey["purpose"]:
            inherited["holdout_percent"] = HOLDOUT_PERCENTS.get(values["purpose"], 0)
        values = STEP_DEFAULTS | inherited | values
        yield Step(
            position=position,
            wait_minutes=values["wait"],
            max_age_minutes=values["max_age"],
            template_version=template_version(folder, values["name"]),
            branches=branches.read_branches(values["branches"]),
            **{key: values[key] for key in ("name", "channel", "fallback", "offer", "reminds_of", *SHARED_KEYS)},
        )


def template_version(folder: Path, step: str) -> str:
    """A hash that changes with the step's messages, and with the shared files."""
    shared = [
        path
        for path in sorted((folder.parent / "_shared").rglob("*"))
        if path.is_file() and path.name != SAMPLES and path.name[0] != "." and path.name[-1] != "~"
    ]
    files = step_files(folder, step) + shared
    return _hash([part for path in files for part in (os.fsencode(path.name), path.read_bytes())])


def _hash(parts: list[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]
