"""Reads the ledger. A reader neither waits for a writer nor blocks one."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, func, select

from stammis.ledger.faults import explained
from stammis.ledger.migrations import open_database
from stammis.ledger.rows import Doubt
from stammis.ledger.tables import (
    answers,
    approvals,
    audience_sizes,
    backoffs,
    consents,
    erasures,
    events,
    inbound,
    journey_log,
    messages,
    releases,
    suppressions,
    switches,
    tombstones,
)

ROWS_AT_A_TIME = 5_000
RELEASE_HOLDS = timedelta(days=1)
GROWING = (suppressions, tombstones, events, consents, inbound)
# of the sizes not the run that counted them last: it may have counted the same
SMALL = (
    *([*table.c] for table in (approvals, switches, releases, erasures, answers)),
    [audience_sizes.c.journey, audience_sizes.c.day, audience_sizes.c.size],
)


class LedgerReader:
    """The ledger at `path`, created when absent. A context manager; `close` closes the file.

    Raises LedgerError where the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._explained():
            self._engine = open_database(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    def counts(self, run_id: str | None = None) -> dict[str, int]:
        """How many messages are in each state, of one run or of all."""
        states = select(messages.c.state, func.count()).group_by(messages.c.state)
        chosen = states if run_id is None else states.where(messages.c.run_id == run_id)
        with self._reading() as connection:
            return {row[0]: row[1] for row in connection.execute(chosen)}

    def has_open(self) -> bool:
        """Whether any message is queued, on its way or in doubt."""
        is_open = messages.c.state.in_(("queued", "claimed", "intended", "in_doubt"))
        with self._reading() as connection:
            return connection.execute(select(messages.c.message_id).where(is_open).limit(1)).first() is not None

    def signature(self) -> str:
        """A hash that changes with every row a run may decide by. What grows is counted, what is small is read."""
        with self._reading() as connection:
            last = [connection.execute(select(func.max(table.c.change))).scalar() for table in (messages, journey_log)]
            counts = [connection.execute(select(func.count()).select_from(table)).scalar() for table in GROWING]
            rows = [sorted(map(str, connection.execute(select(*columns)).tuples())) for columns in SMALL]
        return hashlib.sha256(repr((last, counts, rows)).encode()).hexdigest()[:32]

    def states_of(self, message_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
        """message_id -> (state, reason), as last known."""
        chosen = select(messages.c.message_id, messages.c.state, messages.c.reason)
        with self._reading() as connection:
            rows = connection.execute(chosen.where(messages.c.message_id.in_(message_ids)))
            return {row.message_id: (row.state, row.reason) for row in rows}

    def messages_of(self, *customer_ids: str) -> list[dict[str, Any]]:
        """Every message of a person (all the ids they have had), as last known; oldest decision first."""
        theirs = select(messages).where(messages.c.customer_id.in_(customer_ids))
        with self._reading() as connection:
            rows = connection.execute(theirs.order_by(messages.c.decided_at, messages.c.message_id))
            return [dict(row) for row in rows.mappings()]

    def journey_log_of(self, *customer_ids: str) -> list[dict[str, Any]]:
        """Every line of the journey log about a person (all the ids they have had), oldest decision first."""
        theirs = select(journey_log).where(journey_log.c.customer_id.in_(customer_ids))
        with self._reading() as connection:
            rows = connection.execute(theirs.order_by(journey_log.c.decided_at, journey_log.c.change))
            return [dict(row) for row in rows.mappings()]

    def all_messages(self, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Chosen columns of every message, a few thousand in memory at a time; oldest decision first."""
        chosen = select(*(messages.c[name] for name in columns))
        in_order = chosen.order_by(messages.c.decided_at, messages.c.message_id)
        with self._reading() as connection:
            rows = connection.execute(in_order, execution_options={"yield_per": ROWS_AT_A_TIME})
            yield from map(tuple, rows)

    def open_runs(self) -> set[str]:
        """Runs whose published rows are still needed, because a message of theirs is queued, being sent or in doubt."""
        unfinished = messages.c.state.in_(("queued", "claimed", "intended", "in_doubt"))
        with self._reading() as connection:
            return set(connection.scalars(select(messages.c.run_id).where(unfinished).distinct()))

    def doubts(self) -> list[Doubt]:
        """Sends that were begun and whose end nobody recorded, oldest first."""
        in_doubt = select(messages).where(messages.c.state == "in_doubt")
        with self._reading() as connection:
            rows = connection.execute(in_doubt.order_by(messages.c.intended_at, messages.c.message_id))
            return [Doubt(**{name: getattr(row, name) for name in Doubt.__slots__}) for row in rows]

    def released(self, as_of: datetime) -> set[tuple[str, str]]:
        """(journey, check) of the releases valid at this moment: for a day from the as_of of the run they are about."""
        is_fresh = releases.c.held_as_of.between(as_of - RELEASE_HOLDS, as_of)
        with self._reading() as connection:
            rows = connection.execute(select(releases.c.journey, releases.c.check_name).where(is_fresh))
            return {(row.journey, row.check_name) for row in rows}

    def stopped(self) -> list[dict[str, Any]]:
        """What people have stopped: scope, name, changed_at, changed_by; oldest first."""
        with self._reading() as connection:
            rows = connection.execute(select(switches).where(switches.c.is_stopped).order_by(switches.c.changed_at))
            return [dict(row) for row in rows.mappings()]

    def backoff_until(self, channel: str) -> datetime | None:
        """The wall time until which this channel backs off; None if its provider never asked for it."""
        asked = select(backoffs.c.backoff_until).where(backoffs.c.channel == channel)
        with self._reading() as connection:
            return connection.execute(asked).scalar_one_or_none()

    def tombstones(self) -> frozenset[str]:
        """The tombstones of all erased people."""
        with self._reading() as connection:
            return frozenset(connection.scalars(select(tombstones.c.hash)))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Yield a connection that sees the ledger as of one moment."""
        reader = self._engine.execution_options(reading=True)
        with self._explained(), reader.begin() as connection:
            yield connection

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self.path)
