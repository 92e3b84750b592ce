"""Landing → typed Parquet, each file once; rows that cannot be read are quarantined with their reason.

A file counts as taken in when its manifest line is durable: a crash before that leaves nothing behind but a
Parquet file that the next run writes again. Every file obeys rows in = loaded + duplicate + quarantined.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import astuple
from datetime import datetime

from stammis.core.clock import naive_utc
from stammis.core.damage import read_json
from stammis.core.errors import InputError, StammisError, unforeseen
from stammis.core.files import write_whole
from stammis.core.settings import Settings
from stammis.core.sql import FileView, parquet
from stammis.intake.contracts import Contract, read_contracts
from stammis.intake.files import LandedFile, Note, find_files
from stammis.intake.manifest import (
    Entry,
    IntakeReport,
    LandingCount,
    Manifest,
    QuarantinedRow,
    count_rows,
)
from stammis.intake.one_file import Intake, derive_again, ingest_file, read_tombstones
from stammis.intake.store import (
    OF_THE_MACHINE,
    copy_rows,
    is_lost,
    manifest_of,
    parquet_of,
    quarantine_of,
    reading,
    relation_of,
    workplace,
)
from stammis.intake.unread import remember_unread
from stammis.intake.workplace import Unreadable

__all__ = ["IntakeReport", "LandingCount", "QuarantinedRow", "ingest", "source_relations"]
__all__ += ["landing_report", "not_read", "quarantined"]

IntakeProgress = Callable[[int, int, str], None]  # (files done, files in all, the file now being read)


def ingest(settings: Settings, as_of: datetime, progress: IntakeProgress | None = None) -> IntakeReport:
    """Read every new file of the landing folder, in the order of source, entity and name.

    `as_of`: the loading run's moment (naive is UTC); nothing here reads another clock.
    Raises InputError for a landing folder that is missing or has never held a file that some source expects,
    ConfigurationError for a source declared wrongly. Any other problem is quarantined with its file or row.
    """
    as_of = naive_utc(as_of)
    contracts = read_contracts(settings.dbt_project)
    files, unread = find_files(settings.landing, contracts)
    manifest = manifest_of(settings)
    if not files and not manifest.entries:
        raise _nothing_found(settings, contracts, unread)
    new = [file for file in files if not _is_known(settings, file, manifest)]
    again = frozenset((file.contract.source, file.contract.entity, file.place) for file in new)
    taken: list[Entry] = []
    with workplace(settings) as work:
        intake = Intake(settings, work, manifest, as_of, again, [], read_tombstones(settings))
        for done, file in enumerate(new):
            if progress:
                progress(done, len(new), file.place)
            try:
                entry = ingest_file(intake, file)
            except Unreadable as problem:
                unread.append(Note(file.place, str(problem)))
            except (FileNotFoundError, PermissionError) as problem:
                unread.append(Note(file.place, f"not read: {problem.strerror}"))
            # of the machine or the data folder, and not of this file
            except (StammisError, OSError, MemoryError, *OF_THE_MACHINE):
                raise
            except Exception as problem:  # whatever one file does to us stops only itself
                unread.append(Note(file.place, f"not read: {unforeseen(problem)}; please report it"))
            else:
                taken += [entry] if entry else []
        for contract, entry in _derived_otherwise(settings, contracts, manifest):
            derive_again(intake, contract, entry)
        if progress:
            progress(len(new), len(new), "")
        _write_down(intake, unread)
    return IntakeReport(taken, unread, intake.remarks)


def source_relations(settings: Settings) -> dict[tuple[str, str], FileView]:
    """(source, table) → SELECT with the contract's columns and the added ones (contracts.py).

    Reads exactly the Parquet of files that are taken in; a table without any is an empty, typed SELECT.
    """
    manifest = manifest_of(settings)
    return {
        (contract.source, contract.entity): relation_of(settings, contract, manifest.of(contract))
        for contract in read_contracts(settings.dbt_project)
    }


def landing_report(settings: Settings) -> list[LandingCount]:
    """Counts per table, cumulative, for each table that has ever had a file."""
    return count_rows(manifest_of(settings).entries.values())


def quarantined(settings: Settings, source: str | None = None) -> list[QuarantinedRow]:
    """Every quarantined row, ordered by source, entity, file and line; of one source if it is named."""
    paths = [
        parquet_of(quarantine_of(settings), entry)
        for entry in manifest_of(settings).entries.values()
        if entry.rows_quarantined and source in (None, entry.source)
    ]
    if not paths:
        return []
    with reading(settings) as database:
        rows = database.execute(
            f"select source, entity, file, line, reason, coalesce(row, '') from {parquet(*paths)} order by all"
        ).fetchall()
    return [QuarantinedRow(*row) for row in rows]


def not_read(settings: Settings) -> list[Note]:
    """Files that the last intake found and could not read at all."""
    place = "quarantine/not_read.json"
    return [Note(**note) for note in read_json(settings.data, place)] if (settings.data / place).exists() else []


def _is_known(settings: Settings, file: LandedFile, manifest: Manifest) -> bool:
    """Whether place, size and time of change are known, so that years of landing are not hashed every ten minutes.

    A file is not known any more when what was read from it is lost.
    """
    known = manifest.last_of(file.contract, file.place)
    if not known or known.contract != file.contract.fingerprint or is_lost(settings, known):
        return False
    found = file.path.stat()
    return (found.st_size, found.st_mtime_ns) == (known.size, known.modified_ns)


def _derived_otherwise(
    settings: Settings, contracts: Sequence[Contract], manifest: Manifest
) -> list[tuple[Contract, Entry]]:
    """What was derived by other seeds or not at all: of files that were read again just now, nothing is."""
    return [
        (contract, entry)
        for contract in contracts
        for entry in manifest.of(contract)
        if entry.derived_by != contract.derived_by
        if parquet_of(settings.intake, entry).exists()
    ]


def _write_down(intake: Intake, unread: Sequence[Note]) -> None:
    """Write the landing report and the list of files that were not read."""
    columns = list(LandingCount.__dataclass_fields__)
    types = ["varchar"] * 2 + ["bigint"] * (len(columns) - 2)
    shape = ", ".join(map(" ".join, zip(columns, types, strict=True)))
    intake.work.database.execute(f"create or replace temp table report ({shape})")
    for count in landing_report(intake.settings):
        marks = ", ".join("?" for _ in columns)
        intake.work.database.execute(f"insert into report values ({marks})", list(astuple(count)))
    copy_rows(intake.work, "from report", intake.settings.intake / "landing_report.parquet")
    remember_unread(intake.settings, intake.manifest, read_contracts(intake.settings.dbt_project), unread)
    write_whole(quarantine_of(intake.settings) / "not_read.json", json.dumps([vars(note) for note in unread]))


def _nothing_found(settings: Settings, contracts: Sequence[Contract], unread: Sequence[Note]) -> InputError:
    expected = "".join(f"\n  {contract.expected}" for contract in contracts)
    found = "".join(f"\n{note}" for note in unread)
    return InputError(
        f"{settings.landing}: nothing to take in. Expected files such as these, as .csv, .json, .jsonl or "
        f".parquet, each maybe with .gz:{expected}{found}"
    )
