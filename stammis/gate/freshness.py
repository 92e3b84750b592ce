"""Does every source still tell us something? On stale facts a journey waits: silence must not look like inactivity.

Ages are the models' (`sources_compared`, limits in seeds/freshness.csv). What only the landing knows is added here:
a newest export that held no row anybody could use.
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
    """One finding for each watched source whose newest fact is too old, or whose newest export is empty.

    A source that never landed is absent, and not missed; so is one that may be empty and never had a row.
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
    """The name of the newest export, if it brought nothing: a header alone, no bytes, or no readable row."""
    landed = [entry for entry in manifest.of(contract) if entry.received_at <= as_of]
    newest = landed[-1] if landed else None
    refused = [name for name in _names(contract, unread) if _is_news(name, newest)]
    if refused:
        return max(refused)
    if newest and newest.rows_in == newest.rows_quarantined:
        return PurePosixPath(newest.place).name
    return None


def _names(contract: Contract, unread: Sequence[Note]) -> Iterator[str]:
    """Files of this table that lie there and could not be read at all, as one of no bytes."""
    for note in unread:
        place = PurePosixPath(note.file)
        if place.parent.name == contract.source and contract.accepts(ENDINGS.sub("", place.name)):
            yield place.name


def _is_news(name: str, newest: Entry | None) -> bool:
    """Is this file newer than what was read last? One without a date in its name is, as long as it lies there."""
    date = date_in(name)
    return newest is None or date is None or date.date() >= newest.received_at.date()
