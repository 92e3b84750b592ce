"""YAML files that people edit: read strictly, and every complaint names a line and a remedy."""

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent

from stammis.core.errors import ConfigurationError
from stammis.core.identifiers import can_be_mailed

Reader = Callable[[Any], Any]  # gives the value, or raises ValueError saying what is wanted
LARGEST = 1_000_000  # bytes
DEEPEST = 50
MOST_DIGITS = 38  # of a whole number; a database's largest has so many
TOO_MANY_DIGITS = f"holds a number of more than {MOST_DIGITS} digits: write it shorter, or in quotes if it is text"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and how to mend it; `line` counts from 1."""

    line: int | None
    message: str


class YamlFault(ConfigurationError):
    """A YAML file that cannot be used."""

    def __init__(self, file: Path, line: int | None, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
        self.file, self.line, self.message = file, line, message


def read_mapping(file: Path, *, is_hostile: bool = False) -> CommentedMap:
    """The file's keys and values with their lines. Raises YamlFault for whatever cannot be read so.

    `is_hostile`: its texts are what somebody might type to do harm, and may hold what no message can.
    """
    try:
        content = file.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError:
        raise YamlFault(file, None, "is missing or cannot be opened") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise YamlFault(file, line, "is not UTF-8 text: save the file as UTF-8") from None
    if len(content) > LARGEST:
        raise YamlFault(file, None, f"is larger than {LARGEST // 1000} kB: is it the right file?")
    if too_deep := _too_deep(text):
        raise YamlFault(file, too_deep, f"is nested more than {DEEPEST} brackets deep here: write it plainer")
    try:
        for event in YAML().parse(text) if "*" in text else ():
            if isinstance(event, AliasEvent):
                line = event.start_mark.line + 1
                raise YamlFault(file, line, "write the value out: `*` references are not used")
        mapping = YAML().load(text)
    except YamlFault:
        raise
    except DuplicateKeyError as error:
        raise YamlFault(file, _marked_line(error), "the same key stands here twice: keep one") from None
    except MarkedYAMLError as error:
        what = f"is not YAML here ({error.problem}): check indents, colons and quotes"
        raise YamlFault(file, _marked_line(error), what) from None
    except Exception:  # YAMLError without a place, ValueError of a day, RecursionError, whatever the parser raises
        raise _unreadable(file, text) from None
    if not isinstance(mapping, CommentedMap) or not mapping:
        raise YamlFault(file, 1, "must be lines of `key: value`: begin from another file of its kind")
    for fault in () if is_hostile else _unusable(mapping, 1):
        raise YamlFault(file, fault.line, fault.message)
    return mapping


def _unusable(value: Any, line: int) -> Iterator[Fault]:
    """What an escape such as "\\ud800" or a long number brings in: no file, database or message could hold it."""
    if isinstance(value, CommentedMap):
        for key, inner in value.items():
            line = line_of(value, key)
            yield from _unusable(key, line)
            yield from _unusable(inner, line)
    elif isinstance(value, CommentedSeq):
        for place, inner in enumerate(value):
            yield from _unusable(inner, int(value.lc.item(place)[0]) + 1)
    elif isinstance(value, str) and (stray := UNWRITABLE.search(value)):
        what = "half a character" if stray.group(0) >= "\ud800" else "the invisible character"
        yield Fault(line, f"holds {what} {stray.group(0)!a}: write the character itself, or delete it")
    elif isinstance(value, int) and abs(value) >= 10**MOST_DIGITS:
        yield Fault(line, TOO_MANY_DIGITS)


def _too_deep(text: str) -> int | None:
    """The line on which brackets are nested so deeply that the parser takes minutes; None as a rule."""
    depth = 0
    for bracket in re.finditer(r"[\[{}\]]", text):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > DEEPEST:
            return text.count("\n", 0, bracket.start()) + 1
    return None


def _unreadable(file: Path, text: str) -> YamlFault:
    """The likely reason where the parser names no line."""
    for number, line in enumerate(text.split("\n"), start=1):
        stray = re.search("[\x00-\x08\x0b-\x1f]", line.rstrip("\r"))
        if stray:
            return YamlFault(file, number, f"holds the invisible character {stray.group(0)!a}: delete it")
        if re.search(r"\d{4300}", line):  # more than Python reads
            return YamlFault(file, number, TOO_MANY_DIGITS)
        for day in re.findall(r"\b\d{4}-\d\d-\d\d\b", line):
            try:
                datetime.date.fromisoformat(day)
            except ValueError:
                return YamlFault(file, number, f"{day} is no day of the calendar: write it as in 2025-10-01")
    return YamlFault(file, None, "is not readable YAML: begin from another file of its kind")


def _marked_line(error: MarkedYAMLError) -> int | None:
    return int(error.problem_mark.line) + 1 if error.problem_mark else None


def line_of(mapping: CommentedMap, key: object) -> int:
    """The line the key stands on; of one that `<<` brings in, the line on which its mapping begins."""
    place = mapping.lc.key(key) if key in (mapping.lc.data or {}) else (mapping.lc.line, 0)
    return int(place[0]) + 1


def read_keys(
    mapping: CommentedMap, readers: Mapping[str, Reader], required: Iterable[str], line: int | None = None
) -> tuple[dict[str, Any], list[Fault]]:
    """Each known key's value as its reader gives it, and a fault for every unknown, bad or missing one."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, value in mapping.items():
        place = line_of(mapping, key)
        if key not in readers:
            faults.append(Fault(place, f"`{key}` is not a key here{suggest(str(key), readers)}"))
            continue
        try:
            values[key] = readers[key](value)
        except ValueError as error:
            faults.append(Fault(place, f"`{key}: {_shown(value)}` {error}"))
    faults += [Fault(line, f"`{key}` is missing") for key in required if key not in mapping]
    return values, faults


def suggest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean ...?" when something known is close, else the list of what is known."""
    names = list(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else f"; known are {', '.join(names)}"


def _shown(value: object) -> str:
    if value is None:
        return ""
    plain = isinstance(value, str | int | float | datetime.date)
    return str(value).lower() if isinstance(value, bool) else str(value)[:60] if plain else "..."


def text(value: Any) -> str:
    """Some text on one line."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be some text")
    return " ".join(value.split())


def word(value: Any) -> str:
    """A name: lower-case letters, digits, underscores."""
    if not isinstance(value, str) or not re.fullmatch("[a-z][a-z0-9_]*", value):
        raise ValueError("must be one word of lower-case letters, digits and _, as in your_code")
    return value


def email(value: Any) -> str:
    """One e-mail address."""
    if not isinstance(value, str) or not can_be_mailed(value):
        raise ValueError("must be an e-mail address")
    return value


def one_of(*words: str) -> Reader:
    """A reader for one of the words."""

    def read(value: Any) -> str:
        if value not in words:
            close = get_close_matches(str(value), words, n=1, cutoff=0.5)
            likely = f"; did you mean `{close[0]}`?" if close else ""
            raise ValueError(f"must be {' or '.join(words)}{likely}")
        return str(value)

    return read


def whole_number(lowest: int, highest: int) -> Reader:
    """A reader for an int between the two, both included."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(value)

    return read


def true_or_false(value: Any) -> bool:
    """A bool."""
    if not isinstance(value, bool | int) or value not in (True, False) or str(value) not in ("True", "False"):
        raise ValueError("must be true or false")
    return bool(value)


def date(value: Any) -> datetime.date:
    """A calendar date."""
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date):
        raise ValueError("must be a date, as in 2025-10-01")
    return datetime.date(value.year, value.month, value.day)


def duration(value: Any) -> int:
    """Minutes in "5d", "12h" or "30m"."""
    found = re.fullmatch(r"(\d{1,4})([dhm])", value) if isinstance(value, str) else None
    if not found:
        raise ValueError("must be a time such as 5d, 12h or 30m")
    return int(found.group(1)) * MINUTES[found.group(2)]


def days(value: Any) -> int:
    """Days in "30d"."""
    found = re.fullmatch(r"([1-9]\d{0,3})d", value) if isinstance(value, str) else None
    if not found:
        raise ValueError("must be a number of days, as in 30d")
    return int(found.group(1))
