"""The header of a CSV file, and which of a contract's columns it, or the keys of JSON rows, are."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from typing import Any

from stammis.intake.contracts import Column, Contract

DELIMITERS = ",;\t"
SEPARATOR = re.compile(r'\s*"?sep=([,;|\t])"?[ ,;|\t]*\r?\n', re.IGNORECASE)
# Only such keys of a JSON document are quoted: another may be somebody's address or number.
PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z_]*")


@dataclass(frozen=True)
class Header:
    """The header of a CSV file. `names`: as written; `lines`: how many lines it takes, 0 if the first row is data.

    `encoding`: of the whole file, as Python calls it.
    """

    names: tuple[str, ...]
    delimiter: str
    lines: int
    encoding: str


def read_header(head: bytes, columns: Sequence[Column], encoding: str = "utf-8-sig") -> Header:
    """Return the header of a CSV file that begins with `head`, which must not be blank.

    It is read with the delimiter that finds the most columns, or with that of a line `sep=;` before it, as
    spreadsheets write it for each other.
    """
    text = head.decode(encoding, errors="replace").replace("\0", "")
    told = SEPARATOR.match(text)
    text, above = text[told.end() :] if told else text, told[0].count("\n") if told else 0
    known = {_folded(header) for column in columns for header in column.headers}
    best = Header((), "", 0, encoding)
    for delimiter in told[1] if told else DELIMITERS:
        rows = csv.reader(StringIO(text, newline=None), delimiter=delimiter)
        names = next(tuple(name.strip() for name in row) for row in rows if any(cell.strip() for cell in row))
        found = len(known.intersection(map(_folded, names)))
        if not best.names or found > len(known.intersection(map(_folded, best.names))):
            # a first row without any known column must be data; taken for a header, it would be lost
            best = Header(names, delimiter, above + rows.line_num if found else above, encoding)
    return best


def positions(columns: Sequence[Column], names: Sequence[str]) -> tuple[dict[str, int], str | None]:
    """Return the 0-based place of each column that is there, and the fault of the header with its remedy, or None."""
    folded = [_folded(name) for name in names]
    places: dict[str, int] = {}
    missing: list[Column] = []
    for column in columns:
        header = next((name for name in map(_folded, column.headers) if name in folded), None)
        if header is None:
            missing += [column] if column.required or column.required_header else []
        elif folded.count(header) > 1:
            repeated = names[folded.index(header)]
            return {}, f"column '{repeated}' stands twice in the header: keep the right one"
        else:
            places[column.name] = folded.index(header)
    unused = [name for place, name in enumerate(names) if place not in places.values()]
    return places, missing_text(missing, unused, bool(places))


def missing_text(missing: Sequence[Column], unused: Sequence[str], finds_any: bool) -> str | None:
    """Return a sentence on the missing columns that names the first and, where one of `unused` is alike, its new name.

    None if none is missing. `finds_any`: whether any expected column is there; if not, `unused` may be a row of
    somebody's data and is not quoted.
    """
    if not missing:
        return None
    if not finds_any:
        return "none of the expected columns is in the first line: land the file with its header"
    wanted = missing[0].headers[0]
    likely = get_close_matches(_folded(wanted), [_folded(name) for name in unused], n=1, cutoff=0.5)
    found = next((name for name in unused if likely and _folded(name) == likely[0]), None)
    others = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
    hint = f"; is '{found}' its new name? Then accept it" if found else "; export it, or accept its new name"
    return f"column '{wanted}'{others} is missing{hint} as a header in the source's YAML"


def missing_keys(contract: Contract, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Return a sentence on the required keys that none of these JSON rows has; None if each is in some row."""
    keys = sorted({key for row in rows for key in _key_paths(row)})
    known = {header for column in contract.columns for header in column.headers}
    if contract.rows and rows and not known & set(keys):
        found = ", ".join(key for key in keys if PLAIN_KEY.fullmatch(key)) or "no plain keys"
        return f"no rows at {' or '.join(contract.rows)}: the document has {found[:200]}"
    needed = [column for column in contract.columns if column.required or column.required_header]
    missing = [column for column in needed if not set(column.headers) & set(keys)]
    unused = [key for key in keys if key not in known]
    return missing_text(missing, unused, bool(known & set(keys))) if rows else None


def _key_paths(value: Mapping[str, Any], above: str = "") -> list[str]:
    """Every key of a JSON object as a dotted path, those of nested objects too: customer, customer.email."""
    paths = []
    for key, inner in value.items():
        paths.append(above + key)
        paths += _key_paths(inner, f"{above}{key}.") if isinstance(inner, dict) else []
    return paths


def _folded(name: str) -> str:
    return name.strip().casefold()
