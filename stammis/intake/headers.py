"""The header of a CSV file, which of a contract's columns it or the keys of JSON rows are, and where these stand."""

import csv
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from difflib import get_close_matches
from io import StringIO
from typing import Any

from stammis.intake.contracts import Column, Contract
from stammis.intake.files import HEAD
from stammis.intake.workplace import Unreadable

DELIMITERS = ",;\t|"
MOST_COLUMNS = 1_000  # as many as intake's memory holds; no export of a shop has them
LONGEST_KEY = 200  # characters; of a longer key none is told
SEPARATOR = re.compile(r'\s*"?sep=([,;|\t])"?[ ,;|\t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
LINE_END = re.compile(r"\r\n|\r|\n")
OTHER_DELIMITER = re.compile(r"""[^\w\s"'.-]| {2,}""")
LOOKED_THROUGH = 20  # lines in which a header may stand
# why no row of a file can be read
NOT_A_HEADER = (
    "not read: its first line is no header that can be read: a quote in it is not closed, or a cell of it has over "
    "131,072 characters; land the file with its header"
)
NO_HEADER = "not read: it holds no header, only the line {}; land it again with its contents, or remove it"
TOO_WIDE = (
    f"not read: its first line has {{}}, and no export has more than {MOST_COLUMNS:,} columns; delete empty and added "
    "columns, or export it again with a line for each row"
)
NO_ROWS_AT = "no rows at"  # what a document is said to have that has none where they are looked for
# Only such keys of a JSON document are quoted: another may be somebody's address or number.
PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z_]*")

DECODER = json.JSONDecoder(strict=False)
FIRST_KEY = re.compile(r'\{\s*"([^"\\]*)"')
BEGINNING = re.compile(r'[,\n]\s*(?=\{\s*")')  # of a row that follows another
BEGINNINGS = 10_000  # so many places are tried: each may be one of a list within the row


@dataclass(frozen=True)
class Header:
    """The header of a CSV file. `names`: as written; `lines`: how many lines it takes, 0 if the first row is data.

    `encoding`: of the whole file, as Python calls it. `fault`: why none of its columns was found, if that shows.
    """

    names: tuple[str, ...]
    delimiter: str
    lines: int
    encoding: str
    fault: str | None = None


def read_header(head: bytes, columns: Sequence[Column], encoding: str = "utf-8-sig") -> Header:
    """Return the header of a CSV file that begins with `head`, which must not be blank.

    It is read with the delimiter that finds the most columns, or with that of a line `sep=;` before it, as
    spreadsheets write it for each other. Raises Unreadable if there is none.
    """
    text = head.decode(encoding, errors="replace").replace("\0", "")
    told = SEPARATOR.match(text)
    text, above = text[told.end() :] if told else text, len(LINE_END.findall(told[0])) if told else 0
    if told and not text.strip():
        raise Unreadable(NO_HEADER.format(told[0].strip()))
    if len(head) >= HEAD and not LINE_END.search(text.lstrip()):
        raise Unreadable(TOO_WIDE.format(f"more than {HEAD:,} bytes"))
    known = {_folded(header) for column in columns for header in column.headers}
    best, most = Header((), "", 0, encoding), -1
    for delimiter in told[1] if told else DELIMITERS:
        rows = csv.reader(StringIO(text, newline=None), delimiter=delimiter)
        try:
            names = next(tuple(name.strip() for name in row) for row in rows if any(cell.strip() for cell in row))
        except (csv.Error, StopIteration):  # with another one the cells may be shorter
            continue
        found = len(known.intersection(map(_folded, names)))
        if found > most:
            # a first row without any known column must be data; taken for a header, it would be lost
            best, most = Header(names, delimiter, above + rows.line_num if found else above, encoding), found
    if not best.names:
        raise Unreadable(NOT_A_HEADER)
    if len(best.names) > MOST_COLUMNS:
        raise Unreadable(TOO_WIDE.format(f"{len(best.names):,} columns"))
    return best if most else replace(best, fault=_what_stands_there(text, known, above))


def _what_stands_there(text: str, known: Collection[str], above: int) -> str | None:
    """What is seen where the header should be, with its remedy; None if it is nothing but data."""
    lines = [(number, line) for number, line in enumerate(LINE_END.split(text), above + 1) if line.strip()]
    for number, line in lines[1:LOOKED_THROUGH]:
        if any(_is_header(line, delimiter, known) for delimiter in DELIMITERS):
            return f"the header stands on line {number}: delete the lines above it, and land the file under a new name"
    first = lines[0][1]
    for delimiter in sorted(set(OTHER_DELIMITER.findall(first)) - set(DELIMITERS)):
        if _is_header(first, delimiter, known):
            return f"the columns of its header have {delimiter!a} between them: export it with commas or semicolons"
    return None


def _is_header(line: str, delimiter: str, known: Collection[str]) -> bool:
    """Whether two columns that are expected, at least, stand in a line."""
    return len({cell for each in line.split(delimiter) if (cell := _folded(each.strip(' "'))) in known}) > 1


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


def missing_keys(contract: Contract, rows: Iterable[Mapping[str, Any]]) -> str | None:
    """Return a sentence on the required keys that none of these JSON rows has; None if each is in some row.

    Of keys that nobody expects, only so many are kept as an export has columns.
    """
    known = {header for column in contract.columns for header in column.headers}
    present: set[str] = set()
    others: set[str] = set()
    has_rows = False
    for row in rows:
        has_rows = True
        for key in _key_paths(row):
            if key in known:
                present.add(key)
            elif len(others) < MOST_COLUMNS and len(key) <= LONGEST_KEY:
                others.add(key)
    unused = sorted(others)
    if contract.rows and has_rows and not present:
        found = ", ".join(key for key in unused if PLAIN_KEY.fullmatch(key)) or "no plain keys"
        return f"{NO_ROWS_AT} {' or '.join(contract.rows)}: the document has {found[:200]}"
    needed = [column for column in contract.columns if column.required or column.required_header]
    missing = [column for column in needed if not set(column.headers) & present]
    return missing_text(missing, unused, bool(present)) if has_rows else None


def rows_at(element: Any, places: Sequence[str]) -> list[Any]:
    """The rows at these places of a document; the document itself if it has none of them."""
    found = [standing_at(element, place.split(".")) for place in places]
    if all(rows is None for rows in found):
        return [element]
    return [row for rows in found for row in rows or []]


def standing_at(value: Any, keys: Sequence[str]) -> list[Any] | None:
    """The elements at a place: `name[]` is a list, a bare name one element. None if there is no such place."""
    if not keys:
        return [value]
    key, is_list = keys[0].removesuffix("[]"), keys[0].endswith("[]")
    if not isinstance(value, dict) or key not in value or isinstance(value[key], list) != is_list:
        return None
    inside = value[key] if is_list else [value[key]]
    found = [rows for inner in inside if (rows := standing_at(inner, keys[1:])) is not None]
    return [row for rows in found for row in rows] if found or not inside else None


def next_row(text: str, start: int, keys: Set[str]) -> int | None:
    """Where, after a damaged row, the next one plainly begins; None if that does not show.

    `keys`: of the last sound row. A list within a row has objects, too: a row has such keys, or the first key of the
    damaged one and no more brackets open before it than that one's own.
    """
    before, depth = start, 0
    first = FIRST_KEY.match(text, start)
    for _, found in zip(range(BEGINNINGS), BEGINNING.finditer(text, before), strict=False):
        between = text[before : found.end()]
        depth += sum(map(between.count, "{[")) - sum(map(between.count, "}]"))
        before = found.end()
        begins_alike = first is not None and (other := FIRST_KEY.match(text, before)) and first[1] == other[1]
        try:
            value, _ = DECODER.raw_decode(text, before)
        except (ValueError, RecursionError):  # maybe a damaged row as well
            if begins_alike and depth == 0:
                return before
        else:
            both, either = keys & value.keys(), keys | value.keys()
            if 2 * len(both) >= len(either) or (begins_alike and depth in (0, 1)):
                return before
    return None


def _key_paths(value: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Every key of a JSON object as a dotted path, those of nested objects too: customer, customer.email."""
    for key, inner in value.items():
        yield above + key
        if isinstance(inner, dict) and len(above) <= LONGEST_KEY:  # what any contract names is shorter by far
            yield from _key_paths(inner, f"{above}{key}.")


def _folded(name: str) -> str:
    return name.strip().casefold()
