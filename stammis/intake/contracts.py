"""Reads the landing contracts: what each landing file must look like, as its dbt source declares it.

A source is declared once, in `models/staging/<source>/_<source>__sources.yml`: `config.meta.landing` of a
table names its files, `config.meta` of a column its headers. Adding a source touches only that folder.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from stammis.core.yaml_files import Reader, YamlFault, line_of, one_of, read_keys, read_mapping, true_or_false

READER = 3  # raise it when files must be read again because reading itself has changed
TYPES = re.compile(r"varchar|timestamp|date|boolean|integer|bigint|decimal\(\d+, ?\d+\)")
ADDED_COLUMNS = {
    "file_name": "varchar",
    "file_hash": "varchar",
    "line": "bigint",
    "received_at": "timestamp",
    "exported_at": "timestamp",  # the date in the file's name, else landed_at
    "landed_at": "timestamp",  # the as_of of the run that found the file
}
# what intake derives of a personal column's text, and how its columns end (derived.py)
DERIVED = {"email": ("folded",), "phone": ("e164", "fault"), "key": ("folded", "e164", "fault")}
SEEDS = ("countries.csv", "reserved_numbers.csv", "inbound_words.csv")  # what deriving leans on
PERSONAL = ("email", "phone", "card", "shop id", "cookie", "contact", "key", "name", "birthday", "address", "text")


@dataclass(frozen=True)
class Column:
    """One column of a landing file: its headers, its type, and what happens to a row without it.

    `headers`: names that are accepted, the first one found counts; for JSON a dotted path, as in `up[0].href`.
    `required`: the header must be there and no row may leave it empty; `required_header`: only the header.
    `formats`: strptime formats, `iso` or `epoch`; without a zone a time is kept as written.
    `decimal`: the mark of numbers, in CSV unless all of a file's numbers say otherwise; None: a point.
    `happened`: something happened then; `received`: the row's own time of arrival.
    `may_be_unreadable`: a value that cannot be read is left empty, where losing the row would cost more.
    `elements`: the column is a JSON list; (path, type) of what must be readable in each of its elements.
    `personal`: the kind of personal data, one of PERSONAL; an erasure empties such cells.
    `prefix`: what staging writes before such an id, as two systems may count from 1.
    `numbers`: international, where a provider wrote them: without a + they begin with a calling code all the same.
    `is_reply`: people wrote it back; what it means is derived.
    `one_line`: no row has a line break in it, though it is `text`: one means that a quotation mark swallowed rows.
    """

    name: str
    data_type: str
    headers: tuple[str, ...]
    required: bool = False
    required_header: bool = False
    formats: tuple[str, ...] = ()
    decimal: str | None = None
    happened: bool = False
    received: bool = False
    may_be_unreadable: bool = False
    elements: tuple[tuple[str, str], ...] = ()
    personal: str | None = None
    prefix: str = ""
    numbers: str | None = None
    is_reply: bool = False
    one_line: bool = False

    @property
    def has_decimals(self) -> bool:
        return self.data_type.startswith("decimal")

    @property
    def mark(self) -> str:
        """The mark between whole and parts of a number."""
        return self.decimal or "."

    @property
    def is_local(self) -> bool:
        """Whether the column's times are written without a zone, as a till's are."""
        return not any(re.search(r"%z|%Z|UTC|Z$|iso|epoch", format) for format in self.formats)


@dataclass(frozen=True)
class Contract:
    """The landing contract of one table.

    `unit`: SQL of what a newer file version replaces; `rows_per_unit`: one (a repeat is a duplicate) or many
    (lines, versions); `fill_down`: (column, by): rows 2..n of a unit take what row 1 carries.
    `rows`: where the rows stand in a JSON document that wraps them, as in `data.orders.edges[].node`; such a
    table has JSON files only, and a document without any of these places is a row itself. `about`: person (the row
    goes when its person is erased) or trade (the row stays, without the person). `part_of`: (entity, SQL of its id):
    the row tells more of that table's row, as a refund does of an order, and is whose that is. `tells_of`: the same,
    and itself where others are parts of it. `country`: home, where an export that tells no country is the shop's own
    country's. `encoding`: of its CSV files that are not UTF-8; without it only what is seen to be Windows-1252 is read
    so. `refusals`: the channels (email, sms) in which a row may be a no. `tells`: state, where a row tells how its
    person stands, so that a later export of the list reads what an earlier one had damaged; else events, each a word of
    its own. `knowledge`: a hash of the seeds that deriving leans on.
    """

    source: str
    entity: str
    files: tuple[str, ...]
    columns: tuple[Column, ...]
    unit: tuple[str, ...] = ()
    rows_per_unit: str = "many"
    fill_down: tuple[tuple[str, str], ...] = ()
    rows: tuple[str, ...] = ()
    about: str = "trade"
    part_of: tuple[tuple[str, str], ...] = ()
    tells_of: tuple[tuple[str, str], ...] = ()
    country: str | None = None
    encoding: str | None = None
    refusals: tuple[str, ...] = ()
    tells: str = "events"
    knowledge: str = ""

    @property
    def derived(self) -> tuple[str, ...]:
        """The names of the columns that intake derives, each a text."""
        return tuple(name for column in self.columns for name in self.derived_of(column))

    @property
    def derived_by(self) -> str:
        """A hash of what they are derived by; empty where none is."""
        return sha256(json.dumps([self.knowledge, self.derived]).encode()).hexdigest()[:16] if self.derived else ""

    def derived_of(self, column: Column) -> tuple[str, ...]:
        """Those that are derived of this column."""
        endings = ("meaning", "keyword") if column.is_reply else DERIVED.get(column.personal or "", ())
        endings += ("maybe",) if self.refusals and column.personal in ("email", "phone") else ()
        return tuple(f"{column.name}_{ending}" for ending in endings)

    def accepts(self, stem: str, kind: str = "") -> bool:
        """Whether this table reads a file of this base name (without endings) and kind (csv, json, jsonl, parquet)."""
        return any(fnmatchcase(stem.lower(), pattern.lower()) for pattern in self.files) and not (
            self.rows and kind in ("csv", "parquet")
        )

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that affects reading. Files are read again when it changes."""
        read = asdict(self)
        for declared in (read, *read["columns"]):  # who is erased changes no reading
            for key in ("about", "part_of", "tells_of", "personal", "prefix", "refusals", "tells"):
                declared.pop(key, None)
            if not declared.get("one_line"):  # said of few columns, and no other file is read again for it
                declared.pop("one_line", None)
        derived = [self.derived] if self.derived else []
        return sha256(json.dumps([READER, read, *derived]).encode()).hexdigest()[:16]

    @property
    def expected(self) -> str:
        """The file patterns as a person writes them: `pos/receipts*`."""
        ending = ".json" if self.rows else ""
        return ", ".join(f"{self.source}/{pattern}{ending}" for pattern in self.files)


def _words(value: Any) -> tuple[str, ...]:
    """Some text, or a list of it."""
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(word, str) and word.strip() for word in found):
        raise ValueError("must be some text or a list of it")
    return tuple(str(word) for word in found)


def _word(value: Any) -> str:
    return "".join(_words(value))


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    """`{id: name}`."""
    if not isinstance(value, Mapping):
        raise ValueError("must be pairs of columns, as in {id: name}")
    return tuple((str(column), str(by)) for column, by in value.items())


def _channels(value: Any) -> tuple[str, ...]:
    """`[email, sms]`: the channels in which a row may be a refusal."""
    found = _words(value)
    if not set(found) <= {"email", "sms"}:
        raise ValueError("must be email, sms or both")
    return found


def _types(value: Any) -> tuple[tuple[str, str], ...]:
    """`{price: decimal(18,4), quantity: integer}`: paths within an element, and what stands there."""
    pairs = _pairs(value)
    unknown = [kind for _, kind in pairs if not TYPES.fullmatch(kind)]
    if unknown:
        raise ValueError(f"has the type {unknown[0]}, which intake does not know")
    return pairs


LANDING_KEYS: dict[str, Reader] = {
    "files": _words,
    "unit": _words,
    "rows_per_unit": one_of("one", "many"),
    "fill_down": _pairs,
    "rows": _words,
    "about": one_of("person", "trade"),
    "part_of": _pairs,
    "country": one_of("home"),
    "encoding": one_of("windows-1252"),
    "refusals": _channels,
    "tells": one_of("state", "events"),
}
COLUMN_KEYS: dict[str, Reader] = {
    "header": _words,
    "required": true_or_false,
    "required_header": true_or_false,
    "format": _words,
    "decimal": one_of(",", "."),
    "happened": true_or_false,
    "received": true_or_false,
    "unreadable": one_of("empty"),
    "elements": _types,
    "personal": one_of(*PERSONAL),
    "prefix": _word,
    "numbers": one_of("international"),
    "is_reply": true_or_false,
    "one_line": true_or_false,
}


def read_contracts(dbt_project: Path) -> list[Contract]:
    """Every landing contract, ordered by source and entity.

    Raises ConfigurationError, naming file and line, for a declaration that cannot be understood.
    """
    files = sorted((dbt_project / "models" / "staging").glob("*/_*__sources.yml"))
    seeds = [path for seed in SEEDS if (path := dbt_project / "seeds" / seed).exists()]
    knowledge = sha256(b"".join(path.read_bytes() for path in seeds)).hexdigest()[:16]
    return list(_read_contracts(tuple((path, path.read_bytes()) for path in files), knowledge))


@lru_cache(maxsize=4)
def _read_contracts(files: tuple[tuple[Path, bytes], ...], knowledge: str) -> tuple[Contract, ...]:
    """A run asks three times, and to read 1,000 columns takes half a second; with other bytes they are read again."""
    contracts: list[Contract] = []
    for path, _ in files:
        for source in read_mapping(path).get("sources", []):
            for table in source.get("tables", []):
                if landing := _meta(table).get("landing"):
                    contracts.append(_contract(path, _name(path, source), table, landing))
    contracts.sort(key=lambda contract: (contract.source, contract.entity))
    return tuple(
        replace(contract, tells_of=_tells_of(contract, contracts), knowledge=knowledge if contract.derived else "")
        for contract in contracts
    )


def _contract(path: Path, source: str, table: CommentedMap, landing: CommentedMap) -> Contract:
    declared = _read(path, landing, LANDING_KEYS, required=("files",))
    columns = [_column(path, column) for column in table.get("columns", [])]
    contract = Contract(source, _name(path, table), columns=tuple(columns), **declared)
    names = [column.name for column in columns]
    if contract.rows_per_unit == "one" and not contract.unit:
        line = line_of(landing, "rows_per_unit")
        raise YamlFault(path, line, "`rows_per_unit: one` needs a `unit`: what makes a row a repeat")
    for part in contract.unit:
        if not set(re.findall(r"\w+", part)) & set(names):
            raise YamlFault(path, line_of(landing, "unit"), f"`unit` has {part}, which names no column")
    needed = [column.name for column in columns if column.personal and column.required]
    if needed and contract.about != "person":
        reason = f"{needed[0]} is personal and required, so no row is without its person: say `about: person`"
        raise YamlFault(path, line_of(landing, "files"), reason)
    for name in [name for pair in contract.fill_down for name in pair]:
        if name not in names:
            line = line_of(landing, "fill_down")
            raise YamlFault(path, line, f"`fill_down` names {name}, which is not among the columns")
    for column in table.get("columns", []):
        if names.count(column["name"]) > 1 or column["name"] in ADDED_COLUMNS:
            line = line_of(column, "name")
            raise YamlFault(path, line, f"column {column['name']} is there already: give it another name")
    return contract


def _tells_of(contract: Contract, contracts: Sequence[Contract]) -> tuple[tuple[str, str], ...]:
    parents = {entity for each in contracts if each.source == contract.source for entity, _ in each.part_of}
    itself = [(contract.entity, contract.unit[0])] if contract.entity in parents else []  # all its versions
    return (*contract.part_of, *itself)


def _column(path: Path, column: CommentedMap) -> Column:
    name, data_type = _name(path, column), str(column.get("data_type", "varchar"))
    declared = _read(path, _meta(column), COLUMN_KEYS)
    if not TYPES.fullmatch(data_type):
        raise YamlFault(path, column.lc.line + 1, f"column {name}: intake has no type `{data_type}`")
    if data_type in ("timestamp", "date") and "format" not in declared:
        raise YamlFault(path, column.lc.line + 1, f"column {name} needs a `format`: strptime's, iso or epoch")
    return Column(
        name,
        data_type,
        headers=declared.pop("header", (name,)),
        formats=declared.pop("format", ()),
        may_be_unreadable=declared.pop("unreadable", None) is not None,
        **declared,
    )


def _read(
    path: Path, mapping: CommentedMap, readers: dict[str, Reader], required: tuple[str, ...] = ()
) -> dict[str, Any]:
    values, faults = read_keys(mapping, readers, required, (mapping.lc.line or 0) + 1)
    for fault in faults:
        raise YamlFault(path, fault.line, fault.message)
    return values


def _meta(declared: CommentedMap) -> CommentedMap:
    return (declared.get("config") or {}).get("meta") or CommentedMap()


def _name(path: Path, declared: CommentedMap) -> str:
    if not declared.get("name"):
        raise YamlFault(path, declared.lc.line + 1, "`name` is missing")
    return str(declared["name"])
