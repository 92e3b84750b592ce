"""Checks that every source is fresh. Journeys wait on stale facts: missing exports must not look like inactive people.

The models compute ages (`sources_compared`, limits in seeds/freshness.csv). Added here is what only the landing
knows: that the newest export held no usable row.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from stammis import intake
from stammis.core.settings import Settings
from stammis.gate.findings import Finding
from stammis.gate.tables import Tables
from stammis.intake import Contract, read_contracts
from stammis.intake.files import ENDINGS, Note, date_in
from stammis.intake.manifest import Entry, Manifest
from stammis.warehouse.published import Row


def find_stale(settings: Settings, as_of: datetime, tables: Tables) -> list[Finding]:
    """Return one finding for each watched source whose newest fact is too old, or whose newest export is empty.

    A source that never landed gives no finding; nor does one that may be empty and never had a row.
    """
    contracts = {f"{each.source}.{each.entity}": each for each in read_contracts(settings.dbt_project)}
    manifest = Manifest(settings.intake / "manifest.jsonl")
    unread = intake.not_read(settings)
    findings = []
    for row in tables.rows("select * from reports.sources_compared order by source"):
        empty = None
        if not row["may_be_empty"] and row["source"] in contracts:
            empty = _empty_export(contracts[row["source"]], manifest, unread, as_of)
        if row["is_stale"] or empty:
            findings.append(_finding(row, empty))
    return findings


def _finding(row: Row, empty: str | None) -> Finding:
    newest = row["newest_received_at"]
    reason = f"stale: {row['source']}, newest fact {f'{newest:%Y-%m-%d %H:%M}' if newest else 'none'}"
    if empty:
        reason += f"; its newest export {empty} has no row that can be used"
    elif newest:
        reason += f", older than {row['allowed_hours']} hours"
    return Finding(f"freshness_{row['source'].replace('.', '_')}", reason, relation=f"source.stammis.{row['source']}")


def _empty_export(contract: Contract, manifest: Manifest, unread: Sequence[Note], as_of: datetime) -> str | None:
    """The name of the newest export if it brought nothing (only a header, no bytes, no readable row), else None."""
    landed = [entry for entry in manifest.of(contract) if entry.received_at <= as_of]
    newest = sorted(landed, key=lambda entry: entry.received_at)[-1] if landed else None  # the last of several that are
    refused = [name for name in _names(contract, unread) if _is_news(name, newest)]
    if refused:
        return max(refused)
    if newest and newest.rows_in == newest.rows_quarantined:
        return PurePosixPath(newest.place).name
    return None


def _names(contract: Contract, unread: Sequence[Note]) -> Iterator[str]:
    """Names of this table's landed files that could not be read at all, such as a file of no bytes."""
    for note in unread:
        place = PurePosixPath(note.file)
        if place.parent.name == contract.source and contract.accepts(ENDINGS.sub("", place.name)):
            yield place.name


def _is_news(name: str, newest: Entry | None) -> bool:
    """Whether this file is newer than what was read last. A file without a date in its name always counts as newer."""
    date = date_in(name)
    return newest is None or date is None or date.date() >= newest.received_at.date()
