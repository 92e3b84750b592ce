"""Texts, names and files as DuckDB's SQL writes them, whatever signs are in them.

A folder may be called `it's [mine]` or `shop=lindvall`: a quote would end the text, brackets would be a pattern, and
a `=` would add a column to every table read from it.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PARQUET = "*.parquet"


@dataclass(frozen=True, slots=True)
class FileView:
    """A SELECT from files, as text. `shape`: what it makes of their rows, without their places."""

    select: str
    shape: str
    files: tuple[Path, ...]

    def __str__(self) -> str:
        return self.select

    @property
    def content(self) -> str:
        """Changes with each file and with what is made of its rows; a copy of the folder has the same."""
        found = [(file.name, stat.st_size, stat.st_mtime_ns) for file in self.files for stat in [file.stat()]]
        return hashlib.sha256(f"{self.shape}{sorted(found)}".encode()).hexdigest()[:32]


def literal(text: str | Path) -> str:
    """A text as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"


def name(identifier: str) -> str:
    """A column or table name as SQL writes it."""
    return '"' + identifier.replace('"', '""') + '"'


def file(path: Path) -> str:
    """The path of one file to read, as SQL writes it; nothing in it is a pattern. Set hive_partitioning = false."""
    return literal(_no_pattern(path))


def parquet(*files: Path) -> str:
    """A table function that reads these Parquet files, by the columns of the first."""
    return f"read_parquet([{', '.join(map(file, files))}], hive_partitioning = false)"


def parquet_in(folder: Path, pattern: str = PARQUET) -> str:
    """A table function that reads the Parquet files of a folder; it fails where none is."""
    return f"read_parquet({literal(f'{_no_pattern(folder)}/{pattern}')}, hive_partitioning = false)"


def parquet_by_name(files: Iterable[Path]) -> str:
    """A table function that reads these Parquet files, with every column that any of them has."""
    places = ", ".join(map(file, files))
    return f"read_parquet([{places}], union_by_name = true, hive_partitioning = false)"


def copy_to(query: str, target: Path, rows_at_once: int = 122_880) -> str:
    """The statement that writes a query's rows to a Parquet file. `rows_at_once`: so many are held in memory."""
    return f"copy ({query}) to {literal(target)} (format parquet, compression zstd, row_group_size {rows_at_once})"


def _no_pattern(path: Path) -> str:
    return re.sub(r"([*?\[])", r"[\1]", str(path))
