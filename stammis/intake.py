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

from stammis.intake_manifest import Entry, Manifest, move_durably, totals
from stammis.landing_columns import (
    LEFT_EMPTY,
    REASON,
    happened_times,
    is_future,
    literal,
    name,
    no_rows,
    unit_key,
)
from stammis.landing_contracts import ADDED_COLUMNS, Contract, read_contracts
from stammis.landing_files import LandedFile, Note, date_in, find_files, hash_of
from stammis.landing_rows import Unreadable, Workplace, read_rows
from stammis.messages import InputError
from stammis.settings import Settings

GOOD = f"checked where {REASON} is null"
Progress = Callable[[int, int, str], None]  # (files done, files in all, the file now being read)


@dataclass(frozen=True)
class IntakeReport:
    """One call of `take_in`: an entry per file that was new, a note per file that could not be read."""

    files: list[Entry]
    notes: list[Note]

    def __str__(self) -> str:
        rows_in, loaded, duplicate, quarantined, future = totals(self.files)
        counts = [f"{loaded:,} loaded", f"{duplicate:,} duplicate", f"{quarantined:,} quarantined"]
        counts += [f"{future:,} of them in the future"] if future else []
        files = f"{len(self.files)} new file{'' if len(self.files) == 1 else 's'}"
        summary = f"{rows_in:,} rows from {files}: {', '.join(counts)}" if self.files else "no new files"
        return "\n".join([summary, *map(str, self.notes)])


@dataclass(frozen=True)
class LandingCount:
    """Rows of one table over all files ever taken in; rows_in = loaded + duplicate + quarantined."""

    source: str
    entity: str
    rows_in: int
    rows_loaded: int
    rows_duplicate: int
    rows_quarantined: int
    rows_future_dated: int


@dataclass(frozen=True)
class QuarantinedRow:
    """A row that was set aside. `row` is its beginning as landed: personal data, shown but never logged."""

    source: str
    entity: str
    file: str
    line: int
    reason: str
    row: str


@dataclass(frozen=True)
class _Intake:
    """What one run reads with. `again`: (source, entity, place) of every file it is about to read."""

    settings: Settings
    work: Workplace
    manifest: Manifest
    as_of: datetime
    again: frozenset[tuple[str, str, str]]


def take_in(settings: Settings, as_of: datetime, progress: Progress | None = None) -> IntakeReport:
    """Read every new file of the landing folder, in the order of source, entity and name.

    `as_of`: the loading run's moment (naive is UTC); nothing here reads another clock.
    Raises InputError for a landing folder that is missing or has never held a file that some source expects,
    ConfigurationError for a source declared wrongly. A file that cannot be read becomes a note.
    """
    as_of = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    contracts = read_contracts(settings.dbt_project)
    files, notes = find_files(settings.landing, contracts)
    manifest = _manifest(settings)
    if not files and not manifest.entries:
        raise _nothing_found(settings, contracts, notes)
    new = [file for file in files if not _is_known(file, manifest)]
    again = frozenset((file.contract.source, file.contract.entity, file.place) for file in new)
    taken: list[Entry] = []
    with _workplace(settings) as work:
        intake = _Intake(settings, work, manifest, as_of, again)
        for done, file in enumerate(new):
            if progress:
                progress(done, len(new), file.place)
            try:
                entry = _take_in_file(intake, file)
            except Unreadable as problem:
                notes.append(Note(file.place, str(problem)))
            except OSError as problem:
                notes.append(Note(file.place, f"not read: {problem.strerror or problem}"))
            else:
                taken += [entry] if entry else []
        if progress:
            progress(len(new), len(new), "")
        _write_down(intake, notes)
    return IntakeReport(taken, notes)


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
    entries = _manifest(settings).entries.values()
    tables = sorted({(entry.source, entry.entity) for entry in entries})
    return [
        LandingCount(*table, *totals(entry for entry in entries if (entry.source, entry.entity) == table))
        for table in tables
    ]


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
    same = [known for known in intake.manifest.of(contract) if known.file_hash == entry.file_hash]
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
    rows_in = read_rows(intake.work, file)
    after = file.path.stat()
    if (after.st_size, after.st_mtime_ns) != (entry.size, entry.modified_ns):
        raise Unreadable("not read: it is still being written; the next run will read it")
    good = intake.work.count(GOOD)
    aside = intake.work.count("set_aside")
    if rows_in != good + aside:
        raise InputError(f"{file.place}: {rows_in} rows came in, {good} were read and {aside} set aside")
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
    found = file.path.stat()
    return any(
        entry.place == file.place and (entry.size, entry.modified_ns) == (found.st_size, found.st_mtime_ns)
        for entry in manifest.of(file.contract)
        if entry.contract == file.contract.fingerprint
    )


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


def _write_rows(intake: _Intake, file: LandedFile, entry: Entry) -> None:
    received = f"timestamp '{entry.received_at}'"
    own = next((name(column.name) for column in file.contract.columns if column.received), "null")
    columns = ", ".join(name(column.name) for column in file.contract.columns)
    good = f"""select {columns}, {literal(file.name)} as file_name, {literal(entry.file_hash)} as file_hash, line,
        coalesce({own}, {received}) as received_at from {GOOD}"""
    _copy(intake.work, good, _parquet(intake.settings.intake, entry))
    if entry.rows_quarantined:
        bad = f"""select {literal(entry.source)} as source, {literal(entry.entity)} as entity,
            {literal(entry.place)} as file, line, reason, row from set_aside order by line"""
        _copy(intake.work, bad, _parquet(_quarantine(intake.settings), entry))


def _write_down(intake: _Intake, notes: Sequence[Note]) -> None:
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
    listed.write_text(json.dumps([vars(note) for note in notes]), encoding="utf-8")
    move_durably(listed, _quarantine(intake.settings) / listed.name)


def _copy(work: Workplace, select: str, target: Path) -> None:
    unfinished = work.scratch / "unfinished.parquet"
    work.database.execute(f"copy ({select}) to {literal(str(unfinished))} (format parquet, compression zstd)")
    move_durably(unfinished, target)


def _relation(settings: Settings, contract: Contract, entries: Sequence[Entry]) -> str:
    """By name, under the contract's types: Parquet written before a column was declared lacks it."""
    empty = no_rows(contract, ADDED_COLUMNS)
    paths = sorted({str(_parquet(settings.intake, entry)) for entry in entries if not entry.is_copy})
    if not paths:
        return empty
    types = {column.name: column.data_type for column in contract.columns} | ADDED_COLUMNS
    columns = ", ".join(f"cast({name(column)} as {kind}) as {name(column)}" for column, kind in types.items())
    parquet = f"read_parquet([{', '.join(map(literal, paths))}], union_by_name = true)"
    return f"select {columns} from ({empty} union all by name select * from {parquet})"


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


def _nothing_found(settings: Settings, contracts: Sequence[Contract], notes: Sequence[Note]) -> InputError:
    expected = "".join(f"\n  {contract.expected}" for contract in contracts)
    found = "".join(f"\n{note}" for note in notes)
    return InputError(
        f"{settings.landing}: nothing to take in. Expected files such as these, as .csv, .json, .jsonl or "
        f".parquet, each maybe with .gz:{expected}{found}"
    )
