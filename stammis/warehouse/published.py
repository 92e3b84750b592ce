"""Reads the tables of a finished run. It opens only Parquet, never the warehouse, so no reader waits for a build."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from stammis.core.damage import named_damage
from stammis.core.errors import StammisError
from stammis.core.settings import Settings
from stammis.core.sql import parquet
from stammis.core.types import ContactHours, Due
from stammis.ledger import LogEntry, Queued
from stammis.ledger.rows import Suppression

Row = dict[str, Any]
BEGINNING = datetime.fromisoformat("1970-01-01")  # since when, where nobody wrote down a date


def current_run(settings: Settings) -> str:
    """The run that `current` points to. Raises StammisError where nothing was published yet."""
    current = settings.published / "current"
    if not current.exists():
        remedy = f"Run `stammis run {settings.options}` first."
        raise StammisError(f"nothing is published in {settings.data} yet. {remedy}")
    return current.resolve().name


def rows(settings: Settings, query: str, values: Sequence[Any] = (), run_id: str | None = None) -> list[Row]:
    """Return the rows of a query that names published tables as {table}: `select * from {outbox} where journey = ?`.

    Columns are named in lower case, however their model writes them: to SQL it is the same.
    """
    folder = settings.published / (run_id or current_run(settings))
    with _reader(settings) as reader:
        relation = reader.execute(query.format_map(_Tables(folder)), list(values))
        names = [column[0].lower() for column in relation.description]
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]


def columns(settings: Settings, query: str, values: Sequence[Any], run_id: str | None = None) -> dict[str, Any]:
    """Return the result of such a query as numpy columns, for a million rows at once. Empty values are masked."""
    folder = settings.published / (run_id or current_run(settings))
    with _reader(settings) as reader:
        found = reader.execute(query.format_map(_Tables(folder)), list(values)).fetchnumpy()
        return {name.lower(): column for name, column in found.items()}


def table_of(settings: Settings, run_id: str, table: str) -> str:
    """SQL of another run's table, to be put into a query for `rows`."""
    return parquet(settings.published / run_id / f"{table}.parquet").replace("{", "{{").replace("}", "}}")


def has_table(settings: Settings, table: str, run_id: str | None = None) -> bool:
    return (settings.published / (run_id or current_run(settings)) / f"{table}.parquet").exists()


def read_due(settings: Settings, run_id: str, message_ids: Sequence[str]) -> list[Due]:
    """The outbox rows of these messages, from the run that queued them. Empty if that run is no longer published."""
    if not has_table(settings, "outbox", run_id):
        return []
    found = rows(
        settings,
        "select outbox.* from {outbox} as outbox "
        "inner join (select unnest(cast(? as varchar[])) as message_id) as wanted "
        "on outbox.message_id = wanted.message_id order by outbox.message_id",
        [list(message_ids)],
        run_id,
    )
    return [
        Due(
            **{
                name: row[name]
                for name in (
                    "message_id",
                    "journey",
                    "step",
                    "template_version",
                    "customer_id",
                    "channel",
                    "address",
                    "locale",
                    "time_zone",
                    "expires_at",
                    "offer",
                    "variant",
                )
            },
            context=json.loads(row["context"]),
            contact_hours=_contact_hours(row),
        )
        for row in found
    ]


def read_queue(settings: Settings, run_id: str) -> list[Queued]:
    """The outbox rows to queue, with only the columns that the ledger keeps."""
    found = rows(settings, "select * from {outbox} order by journey, step, message_id", run_id=run_id)
    return [
        Queued(
            **{
                name: row[name]
                for name in (
                    "message_id",
                    "journey",
                    "step",
                    "customer_id",
                    "entry_key",
                    "channel",
                    "address",
                    "purpose",
                    "template_version",
                    "offer",
                    "consented_at",
                )
            },
            offer_expires_on=_offer_day(row["context"]),
        )
        for row in found
    ]


def read_journey_log(settings: Settings, run_id: str) -> list[LogEntry]:
    """The lines that this run adds to the journey log."""
    query = "select * from {journey_log_changes} order by journey, customer_id, entry_key, kind, step"
    found = rows(settings, query, run_id=run_id)
    return [LogEntry(**row) for row in found]


def read_suppressions(settings: Settings, run_id: str) -> list[Suppression]:
    """Every suppressed address of the marts. One without a date is suppressed since 1970."""
    found = rows(settings, "select address, channel, reason, since from {suppressions} order by 1, 2", run_id=run_id)
    return [Suppression(**{**row, "since": row["since"] or BEGINNING}) for row in found]


def count_audiences(settings: Settings, run_id: str, journeys: Sequence[str]) -> dict[str, int]:
    """How many people are inside each of these journeys' audiences."""
    query = "select '%s' as journey, count(distinct customer_id) as size from {audience_%s}"
    every = " union all ".join(query % (journey, journey) for journey in journeys)
    return {row["journey"]: int(row["size"]) for row in rows(settings, every, run_id=run_id)} if every else {}


def _contact_hours(row: Row) -> ContactHours | None:
    if row["opens_hour"] is None:
        return None
    row = {"sunday_opens_hour": row["opens_hour"]} | row  # an outbox from before 0.2 does not know Sundays
    return ContactHours(row["opens_hour"], row["closes_hour"], row["sunday_opens_hour"])


def _offer_day(context: str) -> Any:
    offer = json.loads(context).get("offer")
    return datetime.fromisoformat(offer["expires_date"]).date() if offer else None


class _Tables(dict[str, str]):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __missing__(self, table: str) -> str:
        if (self.folder / "stopped_journeys.parquet").exists():  # published before 0.2
            return _by_names_of_now(self.folder, table)
        return parquet(self.folder / f"{table}.parquet")


def _by_names_of_now(folder: Path, table: str) -> str:
    """SQL of a table published before 0.2, by the names of now: held was called stopped, stopped was called paused."""
    if table == "held_journeys":
        return parquet(folder / "stopped_journeys.parquet")
    rows = parquet(folder / f"{table}.parquet")
    if table != "outbox_candidates":
        return rows
    return f"""(
        select
            * exclude (is_journey_stopped, is_paused) replace (
                case hold_reason
                    when 'journey_stopped' then 'journey_held' when 'paused' then 'stopped' else hold_reason
                end as hold_reason
            ),
            is_journey_stopped as is_journey_held,
            is_paused as is_stopped
        from {rows}
    )"""


@contextmanager
def _reader(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    reader = duckdb.connect()
    try:
        reader.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        with named_damage(settings.data, duckdb.Error):
            yield reader
    finally:
        reader.close()
