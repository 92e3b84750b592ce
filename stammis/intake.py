"""Landing → typed Parquet, each file once; what cannot be read is set aside with its reason.

A file counts as taken in when its manifest line is durable: a crash before that leaves nothing behind but a
Parquet file that the next run writes again. Every file obeys rows in = loaded + duplicate + quarantined.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from stammis.landing_columns import LEFT_EMPTY, REASON, happened_times, is_future, literal, name, relation, unit_key
from stammis.landing_contracts import Contract, read_contracts
from stammis.landing_files import LandedFile, Note, date_in, find_files, hash_of
from stammis.landing_manifest import (
    Entry,
    IntakeReport,
    LandingCount,
    Manifest,
    QuarantinedRow,
    count_rows,
    move_durably,
)
from stammis.landing_rows import Unreadable, Workplace, read_rows
from stammis.messages import InputError
from stammis.settings import Settings

__all__ = ["IntakeReport", "LandingCount", "QuarantinedRow", "source_relations", "take_in"]
__all__ += ["landing_report", "not_read", "quarantined"]

GOOD = f"checked where {REASON} is null"
Progress = Callable[[int, int, str], None]  # (files done, files in all, the file now being read)


@dataclass(frozen=True)
class _Intake:
    """What one run reads with. `again`: (source, entity, place) of every file it is about to read."""

    settings: Settings
    work: Workplace
    manifest: Manifest
    as_of: datetime
    again: frozenset[tuple[str, str, str]]
    remarks: list[Note]


def take_in(settings: Settings, as_of: datetime, progress: Progress | None = None) -> IntakeReport:
    """Read every new file of the landing folder, in the order of source, entity and name.

    `as_of`: the loading run's moment (naive is UTC); nothing here reads another clock.
    Raises InputError for a landing folder that is missing or has never held a file that some source expects,
    ConfigurationError for a source declared wrongly. Any other trouble is the file's or the row's own.
    """
    as_of = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    contracts = read_contracts(settings.dbt_project)
    files, unread = find_files(settings.landing, contracts)
    manifest = _manifest(settings)
    if not files and not manifest.entries:
        raise _nothing_found(settings, contracts, unread)
    new = [file for file in files if not _is_known(file, manifest)]
    again = frozenset((file.contract.source, file.contract.entity, file.place) for file in new)
    taken: list[Entry] = []
    with _workplace(settings) as work:
        intake = _Intake(settings, work, manifest, as_of, again, remarks=[])
        for done, file in enumerate(new):
            if progress:
                progress(done, len(new), file.place)
            try:
                entry = _take_in_file(intake, file)
            except Unreadable as problem:
                unread.append(Note(file.place, str(problem)))
            except (FileNotFoundError, PermissionError) as problem:
                unread.append(Note(file.place, f"not read: {problem.strerror}"))
            else:
                taken += [entry] if entry else []
        if progress:
            progress(len(new), len(new), "")
        _write_down(intake, unread)
    return IntakeReport(taken, unread, intake.remarks)


def source_relations(settings: Settings) -> dict[tuple[str, str], str]:
    """(source, table) → SELECT with the contract's columns, file_name, file_hash, line and received_at.

    Reads exactly the Parquet of files that are taken in; a table without any is an empty, typed SELECT.
    """
    manifest = _manifest(settings)
    return {
        (contract.source, contract.entity): _relation(settings, contract, manifest.of(contract))
        for contract in read_contracts(settings.dbt_project)
    }


def landing_report(settings: Settings) -> list[LandingCount]:
    """Counts per table, cumulative, for each table that has ever had a file."""
    return count_rows(_manifest(settings).entries.values())


def quarantined(settings: Settings, source: str | None = None) -> list[QuarantinedRow]:
    """Every row set aside, ordered by source, entity, file and line; of one source if it is named."""
    paths = [
        str(_parquet(_quarantine(settings), entry))
        for entry in _manifest(settings).entries.values()
        if entry.rows_quarantined and source in (None, entry.source)
    ]
    if not paths:
        return []
    with closing(duckdb.connect()) as database:
        rows = database.execute(
            "select source, entity, file, line, reason, row from read_parquet(?) order by all", [paths]
        ).fetchall()
    return [QuarantinedRow(*row) for row in rows]


def not_read(settings: Settings) -> list[Note]:
    """Files that the last intake found and could not read at all."""
    path = _quarantine(settings) / "not_read.json"
    return [Note(**note) for note in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def _take_in_file(intake: _Intake, file: LandedFile) -> Entry | None:
    """Take in one file; None when it turns out to be known (touched, not changed)."""
    contract, found = file.contract, file.path.stat()
    entry = Entry(
        contract.source, contract.entity, file.place, hash_of(file.path), contract.fingerprint,
        found.st_size, found.st_mtime_ns, received_at=intake.as_of,
    )  # fmt: skip
    same = intake.manifest.near(contract, entry.file_hash)
    current = [known for known in same if known.contract == contract.fingerprint]
    touched = next((known for known in current if known.place == file.place), None)
    if touched:
        intake.manifest.add(replace(touched, size=entry.size, modified_ns=entry.modified_ns))
        return None
    if current:
        rows, first = current[0].rows_in, current[0].received_at
        entry = replace(entry, received_at=first, rows_in=rows, rows_duplicate=rows, is_copy=True)
    else:
        entry = _read(intake, file, entry, min((known.received_at for known in same), default=None))
    intake.manifest.add(entry)
    return entry


def _read(intake: _Intake, file: LandedFile, entry: Entry, received_before: datetime | None) -> Entry:
    contract = file.contract
    try:
        rows_in = read_rows(intake.work, file)
    except duckdb.Error as error:  # only the first line: the others may quote a row
        raise InputError(f"{file.place}: the database stopped at it: {str(error).splitlines()[0]}") from error
    after = file.path.stat()
    if (after.st_size, after.st_mtime_ns) != (entry.size, entry.modified_ns):
        raise Unreadable("not read: it is still being written; the next run will read it")
    good = intake.work.count(GOOD)
    aside = intake.work.count("set_aside")
    if rows_in != good + aside:
        raise InputError(f"{file.place}: {rows_in} rows came in, {good} were read and {aside} set aside")
    _remark_on_left_empty(intake, file)
    future = is_future(contract, f"timestamp '{intake.as_of}'")
    received_at = received_before or date_in(file.name) or _latest_happened(intake, contract) or intake.as_of
    loaded = _first_seen(intake, contract) if contract.rows_per_unit == "one" else good
    entry = replace(
        entry, received_at=received_at, rows_in=rows_in, rows_loaded=loaded, rows_duplicate=good - loaded,
        rows_quarantined=aside, rows_future_dated=intake.work.count(f"{GOOD} and ({future})"),
    )  # fmt: skip
    _write_rows(intake, file, entry)
    return entry


def _is_known(file: LandedFile, manifest: Manifest) -> bool:
    """By place, size and time of change, so that years of landing are not hashed again every ten minutes."""
    known = {
        (entry.size, entry.modified_ns)
        for entry in manifest.near(file.contract, file.place)
        if entry.contract == file.contract.fingerprint
    }
    if not known:
        return False
    found = file.path.stat()
    return (found.st_size, found.st_mtime_ns) in known


def _latest_happened(intake: _Intake, contract: Contract) -> datetime | None:
    """Not after as_of, so that one future-dated row cannot hide its file."""
    times = happened_times(contract)
    past = f"list_max(list_filter({times}, lambda time: time <= timestamp '{intake.as_of}'))"
    latest = intake.work.database.execute(f"select max({past}) from {GOOD}").fetchone()[0]
    return latest if isinstance(latest, datetime) else None


def _first_seen(intake: _Intake, contract: Contract) -> int:
    """Good rows whose unit no earlier file or line has brought; a row without a unit repeats nothing."""
    database, key = intake.work.database, unit_key(contract)
    known = f"units {contract.source} {contract.entity}"
    if not intake.work.count(f"duckdb_tables() where table_name = {literal(known)}"):
        # A file read again because its contract changed has not been seen yet.
        earlier = [
            entry
            for entry in intake.manifest.of(contract)
            if entry.contract == contract.fingerprint or entry.key[:3] not in intake.again
        ]
        select = f"select distinct {key} as unit from ({_relation(intake.settings, contract, earlier)})"
        database.execute(f"create temp table {name(known)} as {select}")
    brought = f"(select {key} as unit from {GOOD})"
    new = f"(select distinct unit from {brought} anti join {name(known)} using (unit) where unit is not null)"
    first = intake.work.count(new) + intake.work.count(f"{brought} where unit is null")
    database.execute(f"insert into {name(known)} from {new}")
    return first


def _remark_on_left_empty(intake: _Intake, file: LandedFile) -> None:
    """A value dropped from a row that stays is said, if not counted as a row."""
    counts = f"select {LEFT_EMPTY}, count(*) from {GOOD} and {LEFT_EMPTY} is not null group by 1 order by 1"
    for header, rows in intake.work.database.execute(counts).fetchall():
        where = "1 row, where it is" if rows == 1 else f"{rows:,} rows, where it is"
        intake.remarks.append(Note(file.place, f"column '{header}' cannot be read on {where} left empty"))


def _write_rows(intake: _Intake, file: LandedFile, entry: Entry) -> None:
    received = f"timestamp '{entry.received_at}'"
    own = next((name(column.name) for column in file.contract.columns if column.received), "null")
    columns = ", ".join(name(column.name) for column in file.contract.columns)
    good = f"""select {columns}, {literal(file.name)} as file_name, {literal(entry.file_hash)} as file_hash,
        line, coalesce({own}, {received}) as received_at from {GOOD}"""
    _copy(intake.work, good, _parquet(intake.settings.intake, entry))
    if entry.rows_quarantined:
        bad = f"""select {literal(entry.source)} as source, {literal(entry.entity)} as entity,
            {literal(entry.place)} as file, line, reason, row from set_aside order by line"""
        _copy(intake.work, bad, _parquet(_quarantine(intake.settings), entry))


def _write_down(intake: _Intake, unread: Sequence[Note]) -> None:
    """The landing report and the files not read, for whoever asks later."""
    columns = list(LandingCount.__dataclass_fields__)
    types = ["varchar"] * 2 + ["bigint"] * (len(columns) - 2)
    shape = ", ".join(map(" ".join, zip(columns, types, strict=True)))
    intake.work.database.execute(f"create or replace temp table report ({shape})")
    for count in landing_report(intake.settings):
        marks = ", ".join("?" for _ in columns)
        intake.work.database.execute(f"insert into report values ({marks})", list(astuple(count)))
    _copy(intake.work, "from report", intake.settings.intake / "landing_report.parquet")
    listed = intake.work.scratch / "not_read.json"
    listed.write_text(json.dumps([vars(note) for note in unread]), encoding="utf-8")
    move_durably(listed, _quarantine(intake.settings) / listed.name)


def _copy(work: Workplace, select: str, target: Path) -> None:
    unfinished = work.scratch / "unfinished.parquet"
    work.database.execute(f"copy ({select}) to {literal(str(unfinished))} (format parquet, compression zstd)")
    move_durably(unfinished, target)


def _relation(settings: Settings, contract: Contract, entries: Sequence[Entry]) -> str:
    paths = {_parquet(settings.intake, entry) for entry in entries if not entry.is_copy}
    return relation(contract, sorted(paths))


def _parquet(folder: Path, entry: Entry) -> Path:
    return folder / entry.source / entry.entity / f"{entry.file_hash}.parquet"


def _quarantine(settings: Settings) -> Path:
    return settings.data / "quarantine"


def _manifest(settings: Settings) -> Manifest:
    return Manifest(settings.intake / "manifest.jsonl")


@contextmanager
def _workplace(settings: Settings) -> Iterator[Workplace]:
    """A database in memory that spills beside the intake, and a folder that is gone afterwards."""
    scratch = settings.intake / ".scratch"
    shutil.rmtree(scratch, ignore_errors=True)  # what a killed run left: landed rows must not linger
    scratch.mkdir(parents=True)
    try:
        with closing(duckdb.connect()) as database:
            work = Workplace(database, scratch, duckdb.Error)
            work.prepare()
            yield work
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _nothing_found(settings: Settings, contracts: Sequence[Contract], unread: Sequence[Note]) -> InputError:
    expected = "".join(f"\n  {contract.expected}" for contract in contracts)
    found = "".join(f"\n{note}" for note in unread)
    return InputError(
        f"{settings.landing}: nothing to take in. Expected files such as these, as .csv, .json, .jsonl or "
        f".parquet, each maybe with .gz:{expected}{found}"
    )
