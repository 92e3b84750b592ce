"""Lists every place that may hold personal data, with what an erasure does there; and searches all of them.

No other file may hold personal data: a test plants a person everywhere and searches.
docs/data_engineers.md has the same table; a test compares the two.
"""

import quopri
import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from stammis.core.damage import ARROW, DamagedFile, path_within
from stammis.core.settings import Settings
from stammis.intake.files import DAMAGED, unpacked_chunks_of
from stammis.warehouse.emptied import texts_of_warehouse


@dataclass(frozen=True, slots=True)
class Place:
    """Files by a pattern within the data folder, `landing/` being wherever exports land.

    `stays`: what an erasure leaves there by design, `ids` being customer ids that lead to nobody any more.
    """

    pattern: str
    holds: str
    erasure: str
    stays: Literal["nothing", "ids", "everything"] = "nothing"


PLACES = (
    Place("landing/*", "exports, whole rows", "rows about the person alone go; orders stay, all else in them emptied"),
    Place("intake/*", "the same, typed", "read again from the rewritten export, as received before"),
    Place("quarantine/*", "beginnings of rows that cannot be read", "rows with one of their keys go"),
    Place("warehouse.duckdb*", "all that is built", "emptied but for its clock; the next run builds it again", "ids"),
    Place("published/*/journey_log_changes.parquet", "what journeys did, by id", "stays: opaque ids", "ids"),
    Place("published/*/journey_goals.parquet", "which goals were reached, by id", "stays: opaque ids", "ids"),
    Place("published/*", "the public tables of kept runs", "their rows go; orders and gift cards lose the id"),
    Place("registry/*", "which identifier got which customer id", "their pairs go"),
    Place("ledger.sqlite*", "addresses, codes, answers", "emptied, deleted, and shredded; opaque ids stay", "ids"),
    Place("ledger_export/*", "addresses of messages, by month", "written again; opaque ids stay", "ids"),
    Place("messages/*", "messages as they were written", "theirs go, and the page is made again"),
    Place("dbt/*", "logs of builds, where an error may quote a row", "files with one of their addresses go"),
    Place("dbt_try/*", "the copy of the warehouse for `stammis dbt`", "goes", "ids"),
    Place("gate/*", "copies that checks read for a moment", "left-over copies go"),
    Place("last_run.json", "what the last run stood on, as hashes", "stays: nothing of anybody is in it"),
    Place("scratch/*", "copies that a plan, a look-back or a look for somebody works on", "left-over copies go"),
    Place("preview/*", "the page of `stammis preview`, of a masked customer if one was named", "goes"),
    Place("valuations/*", "what customers are worth, by id", "stays: opaque ids, which lead to nobody", "ids"),
    Place("segments/*", "which segment customers were in, by id", "stays: opaque ids, which lead to nobody", "ids"),
    Place("inbox/.done/*", "what was fetched in the last week", "goes, all of it: it has landed"),
    Place("inbox/*", "exports on their way in", "when they land, as any export that brings somebody back"),
    Place("days/*", "a demo's later exports", "when they land, as any export that brings somebody back", "everything"),
    Place("truth/*", "a demo's planted answers, of invented people", "stays: they are not yours", "everything"),
    Place("prefect/*", "a demo's Prefect: ids that were typed into its forms", "stays: opaque ids", "ids"),
    Place("erasures/*", "a request, with keys and names, until it is done", "goes last"),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A file in which somebody was found. `place`: its pattern; None if the place is not declared.

    `stays`: whether it may hold what was found there after an erasure, too.
    """

    file: str
    place: str | None
    stays: bool = False


def place_of(file: str) -> Place | None:
    """The place of a file, by its path within the data folder (landing/... for exports)."""
    return next((place for place in PLACES if fnmatchcase(file, place.pattern)), None)


def look_everywhere(settings: Settings, words: re.Pattern[bytes], *, is_id: bool = False) -> Iterator[Hit | None]:
    """Search every file for these words, also packed, encoded or deleted ones; yields a hit or None for each file.

    `is_id`: the words are the customer id of somebody erased, which stays where journeys and sends are counted.
    """
    staying = ("ids", "everything") if is_id else ("everything",)
    for folder, name in ((settings.data, ""), (settings.landing, "landing/")):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            inside = str(path.relative_to(folder))
            if not name and settings.landing in path.parents:
                continue  # a landing folder within the data folder is looked at as such
            yield _hit(name + inside, staying) if _stands_in(settings, path, words) else None


def _hit(file: str, staying: Collection[str]) -> Hit:
    place = place_of(file)
    return Hit(file, place.pattern, place.stays in staying) if place else Hit(file, None)


def _stands_in(settings: Settings, path: Path, words: re.Pattern[bytes]) -> bool:
    try:
        return any(words.search(text) for text in texts_of(settings, path))
    except FileNotFoundError:  # somebody's scratch copy, gone since it was listed
        return False
    except (*ARROW, sqlite3.DatabaseError) as error:  # what cannot be read cannot be searched
        raise DamagedFile(settings.data, path_within(settings.data, path)) from error


def texts_of(settings: Settings, path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, and all that can be unpacked from it: gzip, Parquet, mail, SQLite and DuckDB tables."""
    content = path.read_bytes()
    yield content
    if content.startswith(b"\x1f\x8b"):
        content = b"".join(_sound_chunks(path))
        yield content
    if path.suffix == ".eml":
        yield quopri.decodestring(content)
    elif content.startswith(b"PAR1"):
        yield from _texts_of_parquet(content)
    elif content.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as database:
            yield "\n".join(database.iterdump()).encode("utf-8", "replace")
    elif content[8:12] == b"DUCK":
        yield from texts_of_warehouse(settings, path)


def _sound_chunks(path: Path) -> Iterator[bytes]:
    """What can be unpacked of a file, up to where it is cut or damaged."""
    with suppress(*DAMAGED):
        yield from unpacked_chunks_of(path)


def _texts_of_parquet(content: bytes) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for column in pq.read_table(pa.BufferReader(content)).columns:
        yield "\n".join(map(str, column.to_pylist())).encode("utf-8", "replace")
