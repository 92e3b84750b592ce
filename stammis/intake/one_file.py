"""Reads one landed file into typed Parquet, the Parquet of its quarantined rows, and its entry in the manifest.

Both are durable before the manifest names them: a crash in between only means that the file is read again.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from stammis.core.errors import InputError
from stammis.core.settings import Settings
from stammis.core.sql import literal, name
from stammis.core.tombstones import SALT, tombstone
from stammis.intake.columns import happened_times, is_future, unit_key
from stammis.intake.contracts import ADDED_COLUMNS, Contract
from stammis.intake.derived import Knowledge, add_derived, lines_spelling, read_knowledge
from stammis.intake.files import LandedFile, Note, date_in, hash_of
from stammis.intake.judging import GOOD, numbers_that_are_none, values_left_empty
from stammis.intake.manifest import Entry, Manifest
from stammis.intake.person_keys import (
    has_keys,
    keys_in_text,
    texts_of_row,
    tombstones_of_row,
    words_of,
)
from stammis.intake.rows import read_rows
from stammis.intake.scrub import ANYTHING, Task, scrub_file
from stammis.intake.store import copy_rows, is_lost, parquet_of, quarantine_of, relation_of
from stammis.intake.workplace import Unreadable, Workplace


@dataclass(frozen=True)
class Intake:
    """What one run's intake works with. `as_of`: the run's; `remarks`: collects notes on files that were read.

    `again`: (source, entity, place) of every file that the run reads, also those that an earlier run read.
    `tombstones`: of erased people; a file that has one of them is first rewritten without that person.
    """

    settings: Settings
    work: Workplace
    manifest: Manifest
    as_of: datetime
    again: frozenset[tuple[str, str, str]]
    remarks: list[Note]
    tombstones: frozenset[str] = frozenset()

    @cached_property
    def knowledge(self) -> Knowledge:
        """The seeds of numbers and words, read once a run."""
        return read_knowledge(self.settings.dbt_project)


def ingest_file(intake: Intake, file: LandedFile) -> Entry | None:
    """Ingest one file and return its new entry in the manifest.

    None if there is nothing new: the file was only touched, or read again because what was made of it is lost, or
    removed because it held nobody but erased people.
    Raises Unreadable for a file of which no row can be read, InputError if its rows cannot be accounted for.
    """
    contract, found = file.contract, file.path.stat()
    contents, known = hash_of(file.path), intake.manifest.last_of(contract, file.place)
    if known and known.contents != contents:  # the file was overwritten
        known = None
    is_same = known is not None and known.contract == contract.fingerprint
    if known and is_same and not is_lost(intake.settings, known):
        intake.manifest.add(replace(known, size=found.st_size, modified_ns=found.st_mtime_ns))
        return None
    entry = Entry(
        contract.source,
        contract.entity,
        file.place,
        known.file_hash if known else intake.manifest.version_of(contract, contents),
        contract.fingerprint,
        found.st_size,
        found.st_mtime_ns,
        received_at=intake.as_of,
        landed_at=known.landed_at if known else intake.as_of,
        derived_by=contract.derived_by,
    )
    read = _read(intake, file, entry, known.received_at if known else None)
    if read is None:  # it was rewritten without erased people, and has another hash now, or is gone
        return ingest_file(intake, file) if file.path.exists() else None
    if is_same:
        intake.remarks.append(Note(file.place, "read again, because what was made of it is lost"))
    intake.manifest.add(read)
    return None if is_same else read


def reload_file(intake: Intake, file: LandedFile, before: Entry, everything: Manifest) -> Entry:
    """Read a landed file again after an erasure rewrote it. Returns the entry with which to replace `before`.

    The caller does so in the manifest, which is `everything`; the intake's own ends before this file. Its moments stay
    those of `before`. Raises Unreadable or InputError.
    """
    found, contents = file.path.stat(), hash_of(file.path)
    is_as_before = contents == before.contents
    entry = replace(
        before,
        file_hash=before.file_hash if is_as_before else everything.version_of(file.contract, contents),
        contract=file.contract.fingerprint,
        size=found.st_size,
        modified_ns=found.st_mtime_ns,
        derived_by=file.contract.derived_by,
    )
    read = _read(intake, file, entry, before.received_at)
    if read is None:
        raise InputError(
            f"{file.place} changed while it was rewritten, and would bring back somebody who is erased: run it again."
        )
    # as_of is the file's received_at here, maybe before the loading run's as_of: that makes no row future-dated
    return replace(read, rows_future_dated=min(read.rows_future_dated, before.rows_future_dated))


def derive_again(intake: Intake, contract: Contract, entry: Entry) -> None:
    """Derive the columns of a file that is not there any more, or not so any more, from what was read of it then.

    Else its people would have no key any more, as models match by these columns alone.
    """
    added = ", ".join(map(name, contract.derived))
    rows = relation_of(intake.settings, contract, [entry])
    intake.work.database.execute(f"create or replace temp table checked as select * exclude ({added}) from ({rows})")
    add_derived(intake.work, contract, intake.knowledge)
    columns = ", ".join(map(name, [*(column.name for column in contract.columns), *contract.derived]))
    kept = f"select {columns}, {', '.join(ADDED_COLUMNS)} from checked order by line"
    copy_rows(intake.work, kept, parquet_of(intake.settings.intake, entry))
    intake.manifest.replace(entry.key, replace(entry, derived_by=contract.derived_by))


def _read(intake: Intake, file: LandedFile, entry: Entry, received_before: datetime | None) -> Entry | None:
    """Read one file into Parquet; returns the entry with its counts and received_at.

    None if the file held erased people and was rewritten without them, or removed: it is to be read anew.
    `received_before`: when this version was received, if it was read before.
    """
    try:
        return _read_all(intake, file, entry, received_before)
    except intake.work.exhausted:
        raise Unreadable("not read: it takes more memory than intake may use; land it in parts") from None


def _read_all(intake: Intake, file: LandedFile, entry: Entry, received_before: datetime | None) -> Entry | None:
    contract = file.contract
    remarks: list[str] = []
    rows_in = read_rows(intake.work, file, remarks)
    after = file.path.stat()
    if (after.st_size, after.st_mtime_ns) != (entry.size, entry.modified_ns):
        raise Unreadable("not read: it is still being written; the next run will read it")
    if contract.derived:
        add_derived(intake.work, contract, intake.knowledge)
    if intake.tombstones and _scrub_erased_people(intake, file):
        return None
    good = intake.work.count(GOOD)
    quarantined = intake.work.count("quarantined")
    if rows_in != good + quarantined:
        raise InputError(f"{file.place}: {rows_in} rows came in, {good} were read and {quarantined} quarantined")
    intake.remarks.extend(Note(file.place, text) for text in dict.fromkeys(remarks))
    intake.remarks.extend(values_left_empty(intake.work, file))
    intake.remarks.extend(numbers_that_are_none(intake.work, file))
    future = is_future(contract, f"timestamp '{intake.as_of}'")
    received_at = received_before or date_in(file.name) or _latest_happened(intake, contract) or intake.as_of
    loaded = _count_loaded(intake, contract, entry)
    entry = replace(
        entry,
        received_at=received_at,
        rows_in=rows_in,
        rows_loaded=loaded,
        rows_duplicate=good - loaded,
        rows_quarantined=quarantined,
        rows_future_dated=intake.work.count(f"{GOOD} and ({future})"),
    )
    _write_rows(intake, file, entry)
    return entry


def _scrub_erased_people(intake: Intake, file: LandedFile) -> bool:
    """Take erased people out of the landed file, if they have come back in it. Returns whether it was rewritten.

    Raises Unreadable if it would have to be rewritten and cannot.
    """
    knowledge, secret = intake.knowledge, intake.settings.derived_key(SALT)

    def is_erased(key: str) -> bool:
        return tombstone(secret, key) in intake.tombstones

    lines: set[int] = set()
    if has_keys(file.contract):
        keys = tombstones_of_row(file.contract, secret)
        listed = ", ".join(map(literal, sorted(intake.tombstones)))
        row_tombstones = f"select line, unnest({keys}) as tombstone from {GOOD}"
        query = f"select distinct line from ({row_tombstones}) where tombstone in ({listed})"
        found = intake.work.database.execute(query)
        lines = {line for (line,) in found.fetchall()} | lines_spelling(
            intake.work, file.contract, knowledge, is_erased
        )

    def erased_in(text: str) -> set[str]:
        return set(filter(is_erased, keys_in_text(text, knowledge.numbering)))

    quarantined = intake.work.batches("select line, row as text from quarantined")
    broken = {line for batch in quarantined for line, row in batch if erased_in(row)}
    free_texts = f"select {texts_of_row(file.contract)} as free_text from {GOOD} and free_text is not null"
    told = intake.work.batches(f"select free_text as text from ({free_texts})")
    mentioned = {key for batch in told for (text,) in batch for key in erased_in(text)}
    if not lines and not broken and not mentioned:
        return False
    words = words_of(mentioned, list(knowledge.numbering.codes.values()))
    scrubbed = scrub_file(file, Task(lines, broken, words, ANYTHING))
    if scrubbed is None:
        raise Unreadable("not read: it holds rows of somebody who is erased and cannot be rewritten; land it without")
    if not scrubbed.touched:  # only orders of theirs that an earlier erasure emptied; it leaves the order id
        return False
    rows = "1 row" if scrubbed.touched == 1 else f"{scrubbed.touched:,} rows"
    intake.remarks.append(Note(file.place, f"brought somebody back who is erased: {rows} dropped or emptied"))
    return True


def _latest_happened(intake: Intake, contract: Contract) -> datetime | None:
    """The latest time in the good rows that is not after as_of; None if there is none.

    With a later one as received_at, no run would count the file before that time.
    """
    times = happened_times(contract)
    past = f"list_max(list_filter({times}, lambda time: time <= timestamp '{intake.as_of}'))"
    latest = intake.work.database.execute(f"select max({past}) from {GOOD}").fetchone()[0]
    return latest if isinstance(latest, datetime) else None


def _count_loaded(intake: Intake, contract: Contract, entry: Entry) -> int:
    """Count the good rows that are no duplicates: of contents that landed before, none is new."""
    if contract.rows_per_unit == "one":
        return _count_first_seen(intake, contract)
    return intake.work.count(GOOD) if entry.file_hash == entry.contents else 0


def _count_first_seen(intake: Intake, contract: Contract) -> int:
    """Count the good rows whose unit no earlier file or line had. A row without a unit is never a duplicate.

    The units seen are kept in a table of the database, made at the table's first file in this run.
    """
    database, key = intake.work.database, unit_key(contract)
    seen = f"units {contract.source} {contract.entity}"
    if not intake.work.count(f"duckdb_tables() where table_name = {literal(seen)}"):
        # what a file brought when it was read by an earlier contract does not count, as it is read again now
        earlier = [
            entry
            for entry in intake.manifest.of(contract)
            if (entry.contract == contract.fingerprint or entry.key[:3] not in intake.again)
            and parquet_of(intake.settings.intake, entry).exists()  # one that is lost is read again in this run, too
        ]
        select = f"select distinct {key} as unit from ({relation_of(intake.settings, contract, earlier)})"
        database.execute(f"create temp table {name(seen)} as {select}")
    units = f"(select {key} as unit from {GOOD})"
    new = f"(select distinct unit from {units} anti join {name(seen)} using (unit) where unit is not null)"
    inserted = database.execute(f"insert into {name(seen)} from {new}").fetchone()[0]
    return int(inserted) + intake.work.count(f"{units} where unit is null")


def _numbered_name(intake: Intake, file: LandedFile, entry: Entry) -> str:
    """The file's name; of one that came with other contents before, with how often: a newer version sorts after."""
    earlier = [known for known in intake.manifest.near(file.contract, file.place) if known.key != entry.key]
    return f"{file.name} ({len(earlier) + 1})" if earlier else file.name


def _write_rows(intake: Intake, file: LandedFile, entry: Entry) -> None:
    """Write the good rows and the quarantined ones, each to the entry's Parquet file.

    A row's own time of arrival, where its contract has such a column, comes before the file's received_at.
    """
    file_received_at = f"timestamp '{entry.received_at}'"
    row_received_at = next((name(column.name) for column in file.contract.columns if column.received), "null")
    columns = ", ".join(map(name, [*(column.name for column in file.contract.columns), *file.contract.derived]))
    file_name = literal(_numbered_name(intake, file, entry))
    good = f"""select {columns}, {file_name} as file_name, {literal(entry.file_hash)} as file_hash,
        line, coalesce({row_received_at}, {file_received_at}) as received_at,
        timestamp '{entry.exported_at}' as exported_at, timestamp '{entry.landed_at}' as landed_at from {GOOD}"""
    copy_rows(intake.work, good, parquet_of(intake.settings.intake, entry))
    if entry.rows_quarantined:
        bad = f"""select {literal(entry.source)} as source, {literal(entry.entity)} as entity,
            {literal(entry.place)} as file, line, reason, row from quarantined"""
        copy_rows(intake.work, bad, parquet_of(quarantine_of(intake.settings), entry))


def read_tombstones(settings: Settings) -> frozenset[str]:
    """The tombstones of erased people; none where there is no ledger yet."""
    if not settings.ledger.exists():
        return frozenset()
    from stammis.ledger import LedgerReader  # takes longer to import than a small file takes to read

    with LedgerReader(settings.ledger) as ledger:
        return ledger.tombstones()
