"""What intake keeps of what it read: the manifest, a Parquet file of each export's rows, another of the quarantined.

Whoever reads, erases or asks after landed rows finds them here.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from stammis.core.damage import named_damage
from stammis.core.files import move_durably
from stammis.core.settings import Settings
from stammis.core.sql import FileView, copy_to
from stammis.intake.columns import relation
from stammis.intake.contracts import Contract
from stammis.intake.manifest import Entry, Manifest
from stammis.intake.workplace import Database, Workplace

OF_THE_MACHINE = (duckdb.IOException, duckdb.FatalException)  # raised for other reasons than the file that is read
SCRATCH = ".scratch"  # in the intake folder
ROWS_AT_ONCE = 20_480  # a multiple of DuckDB's 2,048; of rows of 5 kB these are 100 MB
FEWEST_ROWS = 2_048


def manifest_of(settings: Settings) -> Manifest:
    """The manifest as it is now; empty before the first intake."""
    return Manifest(settings.intake / "manifest.jsonl")


@contextmanager
def workplace(settings: Settings) -> Iterator[Workplace]:
    """Yield a database in memory and a scratch folder in the intake folder to which it spills; both go afterwards."""
    clear_workplace(settings)
    scratch = settings.intake / SCRATCH
    scratch.mkdir(parents=True)
    try:
        with named_damage(settings.data, duckdb.Error), closing(duckdb.connect()) as database:
            work = Workplace(database, scratch, duckdb.Error, duckdb.OutOfMemoryException, settings.largest_file)
            work.prepare()
            yield work
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def reading(settings: Settings) -> Iterator[Database]:
    """Yield a database to ask what intake keeps. Raises DamagedFile, which names the file."""
    with named_damage(settings.data, duckdb.Error), closing(duckdb.connect()) as database:
        yield database


def clear_workplace(settings: Settings) -> None:
    """Remove what a killed intake left, because it holds personal data. Call it under the build lock."""
    shutil.rmtree(settings.intake / SCRATCH, ignore_errors=True)


def copy_rows(work: Workplace, select: str, target: Path) -> None:
    """Write a query's rows to a Parquet file, which is there whole or not at all."""
    unfinished = work.scratch / "unfinished.parquet"
    try:
        work.database.execute(copy_to(select, unfinished, ROWS_AT_ONCE))
    except work.exhausted:  # of rows as long as orders with their lines
        work.database.execute(copy_to(select, unfinished, FEWEST_ROWS))
    move_durably(unfinished, target)


def relation_of(settings: Settings, contract: Contract, entries: Sequence[Entry]) -> FileView:
    """SELECT of all good rows of these entries, as columns.relation gives it."""
    paths = sorted(parquet_of(settings.intake, entry) for entry in entries)
    return FileView(relation(contract, paths), relation(contract, ()), tuple(paths))


def parquet_of(folder: Path, entry: Entry) -> Path:
    """Where an entry's rows are, below the intake or the quarantine folder."""
    return folder / entry.source / entry.entity / f"{entry.file_hash}.parquet"


def is_lost(settings: Settings, entry: Entry) -> bool:
    """Whether a Parquet file that was made of this entry's export is gone."""
    made = [parquet_of(settings.intake, entry)]
    made += [parquet_of(quarantine_of(settings), entry)] if entry.rows_quarantined else []
    return not all(path.exists() for path in made)


def quarantine_of(settings: Settings) -> Path:
    """The folder of quarantined rows."""
    return settings.data / "quarantine"
