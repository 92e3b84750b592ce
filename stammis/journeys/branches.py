"""Branches of a step: people for whom a condition holds read another wording.

    branches:
      - {variant: joined_at_till, when: {column: customers.joined_by, op: "=", value: till}}

The first branch whose condition holds names the variant; where none holds, the plain message is read.
"""

import math
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from stammis.core import yaml_files
from stammis.core.yaml_files import Fault, Reader, read_keys

COMPARISONS = ("=", "!=", ">", ">=", "<", "<=", "in")
TABLES = ("customers", "memberships")
AN_EXAMPLE = '- {variant: joined_at_till, when: {column: customers.joined_by, op: "=", value: till}}'

Value = str | int | float | bool
Kind = tuple[str, Callable[[Value], bool]]  # what a value must be, and whether it is that


@dataclass(frozen=True, slots=True)
class Branch:
    """One condition and the variant it leads to. `value` is a tuple where `op` is in; `line`: where it stands."""

    variant: str
    column: str
    op: str
    value: Value | tuple[Value, ...]
    line: int | None = field(default=None, compare=False)

    def unlike(self, data_type: str) -> str | None:
        """What its value must be to be compared with a column of this type; None if it is that.

        The database ends the whole build at a value that does not fit, for every journey.
        """
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        kind = re.split(r"[ (]", data_type.lower())[0]
        wanted, is_alike = KINDS.get(kind, A_KIND_UNKNOWN)
        if kind == "boolean" and self.op not in ("=", "!=", "in"):
            return "compared by = or !="
        if not all(map(is_alike, values)):
            return wanted
        largest = _largest(kind, data_type)
        if any(isinstance(value, int | float) and abs(value) > largest for value in values):
            return f"a number from -{largest} to {largest}"
        return None


def _largest(kind: str, data_type: str) -> int | float:
    """The largest number of a type. `kind`: its name without length and scale."""
    if kind in WHOLE_NUMBERS:
        return WHOLE_NUMBERS[kind]
    digits = re.search(r"\((\d+)(?:,\s*(\d+))?\)", data_type)
    if kind in ("decimal", "numeric"):
        width, scale = (int(digits[1]), int(digits[2] or 0)) if digits else (18, 3)
        return int(10 ** (width - scale)) - 1
    return sys.float_info.max


def _is_number(value: Value) -> bool:
    is_finite = not isinstance(value, float) or math.isfinite(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and is_finite


def _is_time(value: Value) -> bool:
    try:
        return isinstance(value, str) and TIME.fullmatch(value) is not None and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _is_text(value: Value) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


LONGEST_TEXT = 200
WHOLE_NUMBERS = {"bigint": 2**63 - 1, "integer": 2**31 - 1, "int": 2**31 - 1, "smallint": 2**15 - 1}
# Python reads more ways to write a time than the database does, as 20251001.
TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
A_NUMBER, A_TIME = ("a number", _is_number), ("a date, as in 2025-10-01", _is_time)
A_TEXT = (f"a word, in quotation marks if it looks like a number, of at most {LONGEST_TEXT} characters", _is_text)
A_KIND_UNKNOWN: Kind = ("nothing: no branch can ask for it", lambda _: False)
# How a column's type is called in a model's YAML, and what can be compared with it.
KINDS: dict[str, Kind] = {
    **dict.fromkeys((*WHOLE_NUMBERS, "decimal", "numeric", "double", "float"), A_NUMBER),
    **dict.fromkeys(("date", "timestamp", "datetime"), A_TIME),
    **dict.fromkeys(("string", "varchar", "text"), A_TEXT),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
}


def read_branches(value: Any) -> tuple[Branch, ...]:
    """Read the branches of a step, in order; leaves out those that `branch_faults` reports."""
    found = [_read_branch(each)[0] for each in value if isinstance(each, CommentedMap)]
    return tuple(branch for branch in found if branch)


def branch_faults(value: Any) -> Iterator[Fault]:
    """Yield the faults of a step's branches, each with its line."""
    for index, each in enumerate(value):
        line = int(value.lc.item(index)[0]) + 1
        if not isinstance(each, CommentedMap):
            yield Fault(line, f"each branch has a variant and its condition, as in `{AN_EXAMPLE}`")
        else:
            yield from _read_branch(each, line)[1]


def listed(value: Any) -> CommentedSeq:
    """Reader of the key `branches`: the list as it is, because it is read with its lines later."""
    if not isinstance(value, CommentedSeq) or not value:
        raise ValueError(f"must be a list such as `{AN_EXAMPLE}`")
    return value


def _read_branch(mapping: CommentedMap, line: int | None = None) -> tuple[Branch | None, list[Fault]]:
    values, faults = read_keys(mapping, BRANCH_KEYS, BRANCH_KEYS, line)
    if "when" not in values:
        return None, faults
    place = yaml_files.line_of(mapping, "when")
    condition, wrong = read_keys(values["when"], CONDITION_KEYS, CONDITION_KEYS, place)
    faults += wrong
    is_list = isinstance(condition.get("value"), tuple)
    if "op" in condition and "value" in condition and is_list != (condition["op"] == "in"):
        where = yaml_files.line_of(values["when"], "value")
        faults.append(Fault(where, "`value` must be a list, as in [web, till], with `op: in`, and only with it"))
    return (None if faults else Branch(variant=values["variant"], line=place, **condition)), faults


def _condition(value: Any) -> CommentedMap:
    if not isinstance(value, CommentedMap):
        raise ValueError('must say column, op and value, as in {column: customers.joined_by, op: "=", value: till}')
    return value


def _column(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(f"({'|'.join(TABLES)})\\.[a-z][a-z0-9_]*", value):
        raise ValueError(f"must be a column of {' or '.join(TABLES)}, as in customers.joined_by")
    return value


def _compared(value: Any) -> Value | tuple[Value, ...]:
    if isinstance(value, CommentedSeq) and value:
        return tuple(_plain(each) for each in value)
    return _plain(value)


def _plain(value: Any) -> Value:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return value
    # plain types: ruamel's own carry the file's layout, which is no part of what a branch says
    for kind in (int, float, str):
        if isinstance(value, kind) and str(value).strip():
            return kind(value)
    raise ValueError("must be a word, a number, a date or true/false, or a list of them for `in`")


def _comparison(value: Any) -> str:
    if not isinstance(value, str):  # to YAML, a bare = is no text
        raise ValueError('must be one of them in quotes, as in op: "="')
    return str(yaml_files.one_of(*COMPARISONS)(value))


CONDITION_KEYS: dict[str, Reader] = {
    "column": _column,
    "op": _comparison,
    "value": _compared,
}
BRANCH_KEYS: dict[str, Reader] = {"variant": yaml_files.word, "when": _condition}
