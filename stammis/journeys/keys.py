"""The keys of journey.yaml: how each is read, which are required, and the defaults of the others."""

import re
from collections.abc import Callable
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from stammis.core import yaml_files
from stammis.core.yaml_files import read_keys
from stammis.journeys import branches, legal_bases

CHANNELS = ("email", "sms")
PURPOSES = ("marketing", "service", "transactional")
EVENTS = ("order", "review", "reply", "click", "tier")
HOLDOUT_PERCENTS = {"marketing": 10}  # unless the file says otherwise; a service has none


def _reentry(value: Any) -> tuple[str, int | None]:
    if value in ("once", "per_key", "per_year"):
        return str(value), None
    found = re.fullmatch(r"cooldown ([1-9]\d{0,3})d", str(value))
    if not found:
        raise ValueError("must be once, per_key, per_year or a time of rest as in `cooldown 90d`")
    return "cooldown", int(found.group(1))


def _backlog(value: Any) -> int | None:
    if value == "skip":
        return None
    found = re.fullmatch(r"drip ([1-9]\d{0,5})/day", str(value))
    if not found:
        raise ValueError("must be skip, or how many may enter a day as in `drip 200/day`")
    return int(found.group(1))


def _goal(value: Any) -> tuple[str, int]:
    if not isinstance(value, CommentedMap):
        raise ValueError("must say what and within which time, as in {event: order, within: 30d}")
    values, faults = read_keys(value, GOAL_KEYS, GOAL_KEYS)
    if faults:
        raise ValueError("; ".join(fault.message for fault in faults))
    return values["event"], values["within"]


def _steps(value: Any) -> CommentedSeq:
    if not isinstance(value, CommentedSeq) or not value:
        raise ValueError("must be a list of steps, each beginning with `- name: ...`")
    return value


SHARED_KEYS: dict[str, Callable[[Any], Any]] = {
    "purpose": yaml_files.one_of(*PURPOSES),
    "basis": yaml_files.one_of(*legal_bases.BASES),
    "holdout_percent": yaml_files.whole_number(0, 90),
}
GOAL_KEYS: dict[str, Callable[[Any], Any]] = {
    "event": yaml_files.one_of(*EVENTS),
    "within": yaml_files.days,
}
JOURNEY_KEYS: dict[str, Callable[[Any], Any]] = {
    "title": yaml_files.text,
    "owner": yaml_files.email,
    "purpose": SHARED_KEYS["purpose"],
    "basis": SHARED_KEYS["basis"],
    "priority": yaml_files.whole_number(1, 1000),
    "enabled": yaml_files.true_or_false,
    "starts_on": yaml_files.date,
    "backlog": _backlog,
    "reentry": _reentry,
    "holdout_percent": SHARED_KEYS["holdout_percent"],
    "goal": _goal,
    "on_change": yaml_files.one_of("keep", "restart", "exit"),
    "steps": _steps,
}
STEP_KEYS: dict[str, Callable[[Any], Any]] = {
    "name": yaml_files.word,
    "channel": yaml_files.one_of(*CHANNELS),
    "fallback": yaml_files.one_of(*CHANNELS),
    "wait": yaml_files.duration,
    "offer": yaml_files.word,
    "reminds_of": yaml_files.word,
    "max_age": yaml_files.duration,
    "branches": branches.listed,
    **SHARED_KEYS,
}
NEEDED = ("title", "owner", "purpose", "basis", "starts_on", "goal", "steps")
NEEDED_IN_STEP = ("name", "channel")
DEFAULTS = {
    "priority": 50,
    "enabled": True,
    "backlog": None,
    "reentry": ("per_key", None),
    "on_change": "keep",
}
STEP_DEFAULTS = {"fallback": None, "wait": 0, "offer": None, "reminds_of": None, "max_age": 3 * 24 * 60, "branches": ()}
