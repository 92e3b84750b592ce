"""The database in memory and the scratch folder with which landed files are read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from stammis.core.sql import literal

ROWS_AT_ONCE, CHARACTERS_AT_ONCE = 5_000, 1_000_000  # that Python holds of what the database has
MEMORY = "150MB"  # of the database that reads, on one thread; with Python and all else, intake stays below 300 MB
# as they are shown in English, in the Nordic languages and in German; the width of a column shows as ####
ERRORS = (
    "N/A I/T NV SAKNAS! PUUTTUU! NULL! NUL! NOLL! TYHJÄ! SKÄRNING! DIV/0! DIVISION/0! JAKO/0! VALUE! VÄRDEFEL! VERDI! "
    "VÆRDI! ARVO! WERT! REF! REFERENS! REFERENCE! VIITTAUS! BEZUG! NAME? NAMN? NAVN? NIMI? NUM! OGILTIGT! LUKU! ZAHL! "
    "SPILL! CALC! ERROR!"
)
SHAPE_OF_ERROR = f"#(#+|{'|'.join(ERRORS.split()).replace('?', '[?]')})"
# What a cell's text is, whatever a spreadsheet or a table of numbers has made of it:
#   cell(raw)                   trimmed; empty is null; the apostrophe and the formula that guard ids are taken off
#   whole_id(text)              an id that became a number with decimals: 5001.0 is 5001; 1.10 stays
#   is_spreadsheet_error(text), unless_error(text)
MACROS = f"""
create or replace macro trimmed(raw) as nullif(trim(raw, ' \t\r\n\u00a0\ufeff'), '');
create or replace macro cell(raw) as case
    -- Nearly every cell begins and ends in a way that needs no care, and trimming is dear.
    when left(raw, 1) between '(' and '~' and left(raw, 1) <> '=' and right(raw, 1) between '!' and '~' then raw
    when starts_with(trimmed(raw), '''')
        and regexp_full_match(trimmed(raw), '''[+0-9A-Z][0-9A-Z +()./-]*')
        and regexp_matches(raw, '[0-9]')
    then substr(trimmed(raw), 2)
    when starts_with(trimmed(raw), '="') and regexp_full_match(trimmed(raw), '="[^"]*"')
    then trimmed(regexp_extract(raw, '="([^"]*)"', 1))
    else trimmed(raw)
end;
create or replace macro whole_id(text) as case
    when right(text, 1) = '0' and regexp_full_match(text, '[+]?[0-9]+[.,]00?')
    then regexp_extract(text, '[+]?[0-9]+')
    else text
end;
create or replace macro is_spreadsheet_error(text) as
    coalesce(left(text, 1) = '#' and regexp_full_match(upper(text), {literal(SHAPE_OF_ERROR)}), false);
create or replace macro unless_error(text) as case when not is_spreadsheet_error(text) then text end;
"""
T = TypeVar("T")


class Unreadable(Exception):
    """A file of which no row can be read; the text says why and what to do."""


class Database(Protocol):
    """The part of a DuckDB connection that this package uses."""

    def execute(self, query: str, parameters: object = None, /) -> "Database": ...
    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...


@dataclass(frozen=True)
class Workplace:
    """A database and a scratch folder to read files with. `refused`: what the database raises for a bad file.

    `exhausted`: the one of those that says its memory does not suffice; `largest`: bytes, unpacked, of the
    largest file that is read.
    """

    database: Database
    scratch: Path
    refused: type[Exception]
    exhausted: type[Exception]
    largest: int

    def prepare(self) -> None:
        """Set up what reading needs. What its memory does not hold spills to the scratch folder."""
        self.database.execute("set enable_progress_bar = false; set timezone = 'UTC'")
        self.database.execute(f"set threads = 1; set memory_limit = {literal(MEMORY)}")
        self.database.execute(f"set temp_directory = {literal(self.scratch / 'spilled')}")
        self.database.execute(MACROS)

    def count(self, relation: str) -> int:
        return int(self.database.execute(f"select count(*) from {relation}").fetchone()[0])

    def batches(self, query: str) -> Iterator[list[Any]]:
        """The rows of a query with a column `text`, some at a time, since Python takes ten times the memory for them.

        Other statements may run in between, but for a second one of these.
        """
        batch = f"""row_number() over () // {ROWS_AT_ONCE}
            + sum(strlen(text)) over (rows unbounded preceding) // {CHARACTERS_AT_ONCE}"""
        self.database.execute(f"create or replace temp table batches as select *, {batch} as batch from ({query})")
        for (number,) in self.database.execute("select distinct batch from batches order by batch").fetchall():
            rows = self.database.execute("select * exclude (batch) from batches where batch = ?", [number])
            yield rows.fetchall()
        self.database.execute("drop table batches")

    def attempt(self, read: Callable[[], T], *, is_last: bool = False) -> T | None:
        """What it reads; None for a bad file. `is_last`: no other way follows; too little memory raises."""
        try:
            return read()
        except self.refused as error:
            if is_last and isinstance(error, self.exhausted):
                raise
            return None
