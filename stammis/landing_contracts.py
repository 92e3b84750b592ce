"""What each landing file must look like, read from the dbt sources it becomes.

A source is declared once, in `models/staging/<source>/_<source>__sources.yml`: `config.meta.landing` of a
table names its files, `config.meta` of a column its headers. Adding a source touches only that folder.
"""

import json
import re
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from stammis.messages import ConfigurationError

READER = 1  # raise it when files must be read again because reading itself has changed
LANDING_WORDS = {"files", "unit", "rows_per_unit", "fill_down"}
COLUMN_WORDS = {
    "header",
    "required",
    "required_header",
    "format",
    "decimal",
    "happened",
    "received",
    "unreadable",
}
TYPES = re.compile(r"varchar|timestamp|date|boolean|integer|bigint|decimal\(\d+, ?\d+\)")
ADDED_COLUMNS = {
    "file_name": "varchar",
    "file_hash": "varchar",
    "line": "bigint",
    "received_at": "timestamp",
}


@dataclass(frozen=True)
class Column:
    """One column of a landing file: where it stands, what it holds, what a row without it means.

    `headers`: names that are accepted, the first one found counts; for JSON a dotted path.
    `required`: the header must be there and no row may leave it empty; `required_header`: only the header.
    `formats`: strptime formats, `iso` or `epoch`; without a zone a time is kept as written.
    `happened`: something happened then; `received`: the row's own time of arrival.
    `may_be_unreadable`: a value that cannot be read is left empty, where losing the row would cost more.
    """

    name: str
    data_type: str
    headers: tuple[str, ...]
    required: bool = False
    required_header: bool = False
    formats: tuple[str, ...] = ()
    decimal: str = "."
    happened: bool = False
    received: bool = False
    may_be_unreadable: bool = False

    @property
    def is_local(self) -> bool:
        """True for a time written without its zone, such as a till's."""
        return not any(re.search(r"%z|%Z|UTC|Z$|iso|epoch", format) for format in self.formats)


@dataclass(frozen=True)
class Contract:
    """The landing contract of one table.

    `unit`: SQL of what a newer file version replaces; `rows_per_unit`: one (a repeat is a duplicate) or many
    (lines, versions); `fill_down`: (column, by): rows 2..n of a unit take what row 1 carries.
    """

    source: str
    entity: str
    files: tuple[str, ...]
    columns: tuple[Column, ...]
    unit: tuple[str, ...] = ()
    rows_per_unit: str = "many"
    fill_down: tuple[tuple[str, str], ...] = ()

    def accepts(self, stem: str) -> bool:
        """Is a file with this base name (without endings) ours?"""
        return any(fnmatchcase(stem, pattern) for pattern in self.files)

    @cached_property
    def fingerprint(self) -> str:
        """Changes with whatever changes what is read: files of a changed contract are read again."""
        return sha256(json.dumps([READER, asdict(self)]).encode()).hexdigest()[:16]

    @property
    def expected(self) -> str:
        """The files as a person would look for them: `pos/receipts*`."""
        return ", ".join(f"{self.source}/{pattern}" for pattern in self.files)


def read_contracts(dbt_project: Path) -> list[Contract]:
    """Every landing contract, ordered by source and entity.

    Raises ConfigurationError, naming file and line, for a declaration that cannot be understood.
    """
    contracts: list[Contract] = []
    for path in sorted((dbt_project / "models" / "staging").glob("*/_*__sources.yml")):
        try:
            declared = YAML(typ="rt").load(path.read_text(encoding="utf-8")) or {}
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigurationError(f"{path}, line {line}: not readable as YAML: {error.problem}") from error
        for source in declared.get("sources", []):
            for table in source.get("tables", []):
                if landing := _meta(table).get("landing"):
                    contracts.append(_contract(path, source["name"], table, landing))
    return sorted(contracts, key=lambda contract: (contract.source, contract.entity))


def _contract(path: Path, source: str, table: Any, landing: Any) -> Contract:
    _check_words(path, landing, LANDING_WORDS, "landing")
    contract = Contract(
        source=source,
        entity=table["name"],
        files=_words(landing.get("files")),
        columns=tuple(_column(path, column) for column in table.get("columns", [])),
        unit=_words(landing.get("unit")),
        rows_per_unit=landing.get("rows_per_unit", "many"),
        fill_down=tuple((str(name), str(by)) for name, by in landing.get("fill_down", {}).items()),
    )
    if not contract.files:
        raise _mistake(path, landing, f"{source}.{contract.entity}: say which files: `files: [orders*]`")
    if contract.rows_per_unit not in ("one", "many"):
        raise _mistake(path, landing, "rows_per_unit is `one` or `many`", "rows_per_unit")
    if contract.rows_per_unit == "one" and not contract.unit:
        raise _mistake(path, landing, "rows_per_unit: one needs a `unit`", "rows_per_unit")
    names = [column.name for column in contract.columns]
    for name in [name for pair in contract.fill_down for name in pair]:
        if name not in names:
            raise _mistake(path, landing, f"fill_down names `{name}`, which is not a column", "fill_down")
    for column in table.get("columns", []):
        if names.count(column["name"]) > 1 or column["name"] in ADDED_COLUMNS:
            raise _mistake(path, column, f"column `{column['name']}` is taken; give it another name", "name")
    return contract


def _column(path: Path, declared: Any) -> Column:
    meta = _meta(declared)
    _check_words(path, meta, COLUMN_WORDS, f"column `{declared['name']}`")
    data_type = str(declared.get("data_type", "varchar"))
    if meta.get("unreadable", "empty") != "empty":
        raise _mistake(path, meta, "the only word for `unreadable` is `empty`", "unreadable")
    if not TYPES.fullmatch(data_type):
        raise _mistake(path, declared, f"`{data_type}` is not a type intake knows", "data_type")
    if data_type in ("timestamp", "date") and not meta.get("format"):
        text = f"column `{declared['name']}` needs a `format`: strptime's, `iso` or `epoch`"
        raise _mistake(path, declared, text, "name")
    return Column(
        name=declared["name"],
        data_type=data_type,
        headers=_words(meta.get("header", declared["name"])),
        required=bool(meta.get("required", False)),
        required_header=bool(meta.get("required_header", False)),
        formats=_words(meta.get("format")),
        decimal=str(meta.get("decimal", ".")),
        happened=bool(meta.get("happened", False)),
        received=bool(meta.get("received", False)),
        may_be_unreadable=meta.get("unreadable") == "empty",
    )


def _meta(declared: Any) -> Any:
    return (declared.get("config") or {}).get("meta") or {}


def _words(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(word) for word in value) if isinstance(value, list) else (str(value),)


def _check_words(path: Path, declared: Any, known: set[str], where: str) -> None:
    for word in declared:
        if word not in known:
            text = f"{where}: unknown word `{word}`; known are {', '.join(sorted(known))}"
            raise _mistake(path, declared, text, word)


def _mistake(path: Path, declared: Any, text: str, key: str | None = None) -> ConfigurationError:
    marks = getattr(declared, "lc", None)
    line = 1 if marks is None else (marks.key(key)[0] if key in (marks.data or {}) else marks.line) + 1
    return ConfigurationError(f"{path}, line {line}: {text}")
