"""The ledger records what was decided, what was intended, and how each send ended. Nothing is sent without it.

Each public method is one transaction. Two clocks: `decided_at` is the run's as_of, so that a replayed
day sees its own sends; every other time is wall time, read from `wall`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from stammis.core.clock import Wall, utc_now
from stammis.core.errors import LedgerError
from stammis.core.settings import Settings
from stammis.core.tombstones import SALT
from stammis.core.types import Outcome
from stammis.ledger import statements
from stammis.ledger.reader import ROWS_AT_A_TIME, LedgerReader
from stammis.ledger.reserved_codes import release_codes, reserve_codes
from stammis.ledger.rows import Batch, Claimed, CommitReport, LogEntry, Queued, Suppression
from stammis.ledger.statements import fold_address
from stammis.ledger.tables import (
    answers,
    approvals,
    audience_sizes,
    backoffs,
    batches,
    exports,
    journey_log,
    messages,
    releases,
    suppressions,
    switches,
)

CEILING_PER_DAY = 5  # messages a person gets in any 24 hours, whatever the rules above decided


def open_ledger(settings: Settings, wall: Wall = utc_now) -> "Ledger":
    """Open the ledger of a data folder for writing, with the key that codes are derived from."""
    return Ledger(settings.ledger, settings.derived_key("codes"), settings.derived_key(SALT), wall)


class Ledger(LedgerReader):
    """The ledger at `path`, open for writing. LedgerReader has the methods that read.

    `code_key` (hex) is needed to queue rows with an offer, `tombstone_key` to know who is erased. `ceiling` is messages
    a person and rolling day.
    Raises LedgerError when something could not be recorded; then nothing of that call was.
    """

    def __init__(
        self,
        path: Path,
        code_key: str | None = None,
        tombstone_key: str = "",
        wall: Wall = utc_now,
        ceiling: int = CEILING_PER_DAY,
    ) -> None:
        super().__init__(path)
        self.wall, self._code_key, self._ceiling, self._tombstone_key = wall, code_key, ceiling, tombstone_key

    # ---------------------------------------------------------------- a run decides

    def withdraw_unclaimed(self) -> int:
        """Withdraw every unclaimed row; the run that follows decides again."""
        now = self.wall()
        with self._writing() as (connection, change):
            statements.recover_expired(connection, change, now)
            taken_back = connection.execute(
                update(messages)
                .where(messages.c.state == "queued")
                .values(state="withdrawn", reason="decided_again", settled_at=now, change=change)
            )
            release_codes(connection, change)
            return taken_back.rowcount

    def commit_run(
        self,
        run_id: str,
        as_of: datetime,
        queued: Sequence[Queued],
        log: Sequence[LogEntry] = (),
        barred: Sequence[Suppression] = (),
        sizes: Mapping[str, int] | None = None,
    ) -> CommitReport:
        """Record everything one run decided, in one transaction. The same commit again changes nothing.

        An id that was intended, and may have arrived, is refused and counted, never queued again. `sizes`: people
        inside each journey's audience; a later run of the same day replaces them.
        """
        if any(row.offer for row in queued) and not self._code_key:
            raise LedgerError("Rows with an offer need a key for codes: use open_ledger(settings).")
        waiting = sorted(queued, key=attrgetter("channel", "journey", "step", "message_id"))
        accepted, codes, refused = 0, 0, Counter[str]()
        with self._writing() as (connection, change):
            decided = {"run_id": run_id, "decided_at": as_of, "month": f"{as_of:%Y-%m}", "change": change}
            for start in range(0, len(waiting), ROWS_AT_A_TIME):
                part = waiting[start : start + ROWS_AT_A_TIME]
                states = statements.enqueue(connection, part, decided | {"queued_at": self.wall()})
                fresh = [row for row in part if row.message_id not in states]
                accepted, refused = accepted + len(fresh), refused + Counter(states.values())
                codes += reserve_codes(connection, self._code_key or "", fresh)
            lines = [_columns(line) | decided | {"step": line.step or ""} for line in log]
            folded = [_columns(each) | {"address": fold_address(each.address)} for each in barred]
            logged = statements.insert_new(connection, journey_log, lines)
            suppressed = statements.insert_new(connection, suppressions, folded)
            today = {"day": f"{as_of:%Y-%m-%d}", "as_of": as_of}
            counted = [today | {"journey": journey, "size": size} for journey, size in (sizes or {}).items()]
            statements.put(connection, audience_sizes, counted)
        return CommitReport(accepted, logged, suppressed, codes, dict(refused))

    # ---------------------------------------------------------------- a worker sends

    def recover(self) -> None:
        """Queue claimed rows again whose lease has ended; intended ones become in doubt."""
        with self._writing() as (connection, change):
            statements.recover_expired(connection, change, self.wall())

    def claim(self, channel: str, lease_seconds: float = 60, limit: int = 1000, worker: str = "worker") -> Batch | None:
        """Claim up to `limit` queued rows of one run, journey and step for `lease_seconds`. None if none is left."""
        now = self.wall()
        if (until := self.backoff_until(channel)) and now < until:
            return None
        with self._writing() as (connection, change):
            statements.recover_expired(connection, change, now)
            stopped = statements.read_stopped(connection)
            waiting = select(messages).where(
                messages.c.state == "queued",
                messages.c.channel == channel,
                messages.c.journey.not_in([name for scope, name in stopped if scope == "journey"]),
            )
            first = connection.execute(waiting.limit(1)).first()
            if first is None or statements.is_stopped(stopped, channel):
                return None
            alike = [messages.c[name] == getattr(first, name) for name in ("run_id", "journey", "step")]
            chosen = waiting.where(*alike).limit(limit).with_for_update(skip_locked=True)
            rows = connection.execute(chosen.with_only_columns(messages.c.message_id, messages.c.code)).all()
            lease = {"worker": worker, "lease_until": now + timedelta(seconds=lease_seconds)}
            numbered = insert(batches).values(lease).returning(batches.c.number)
            number: int = connection.execute(numbered).scalar_one()
            connection.execute(
                update(messages)
                .where(messages.c.message_id.in_([row.message_id for row in rows]))
                .values(state="claimed", batch=number, change=change)
            )
        claimed = tuple(Claimed(row.message_id, uuid4().hex, row.code) for row in rows)
        clock = (first.decided_at, first.queued_at)
        return Batch(number, first.run_id, channel, first.journey, first.step, *clock, claimed)

    def intend(self, batch: Batch, message_ids: Iterable[str], lease_seconds: float = 60) -> dict[str, str]:
        """Record that these are about to be sent. Returns message_id -> send_id of those that may be.

        Not returned are: all, if the batch is no longer ours, or its journey or channel was stopped (queued
        again); suppressed addresses (suppressed); people over the daily ceiling (withdrawn). The lease
        starts anew.
        """
        now, meant = self.wall(), set(message_ids)
        send_ids = {row.message_id: row.send_id for row in batch.rows if row.message_id in meant}
        is_ours = statements.only_claimed(batch)
        with self._writing() as (connection, change):
            if statements.is_stopped(statements.read_stopped(connection), batch.channel, batch.journey):
                statements.put_back(connection, batch, change)
                return {}
            asked = (messages.c[name] for name in ("message_id", "customer_id", "address", "consented_at"))
            rows = [r for r in connection.execute(select(*asked).where(is_ours)) if r.message_id in send_ids]
            refused = statements.refuse_suppressed(connection, batch.channel, rows, self._tombstone_key)
            rows = [row for row in rows if row.message_id not in refused]
            refused |= statements.enforce_daily_ceiling(connection, rows, batch.clock(now), self._ceiling)
            statements.settle_rows(connection, batch, change, now, refused.values())
            allowed = [row.message_id for row in rows if row.message_id not in refused]
            intended = {message_id: send_ids[message_id] for message_id in allowed}
            statements.mark_intended(connection, intended, change, now)
            until = {"lease_until": now + timedelta(seconds=lease_seconds)}
            connection.execute(update(batches).where(batches.c.number == batch.number).values(until))
        return intended

    def put_back(self, batch: Batch) -> None:
        """Queue the claimed rows of our batch again, so that another worker may claim them."""
        with self._writing() as (connection, change):
            statements.put_back(connection, batch, change)

    def settle(self, batch: Batch, outcomes: Sequence[Outcome]) -> int:
        """Record how rows of our batch ended; returns how many rows changed.

        A row that is no longer ours, because its lease ended, does not change.
        """
        if not outcomes:
            return 0
        with self._writing() as (connection, change):
            return statements.settle_rows(connection, batch, change, self.wall(), outcomes)

    def settle_doubts(self, outcomes: Sequence[Outcome]) -> int:
        """Settle sends in doubt as a provider or a person says: accepted or not_sent.

        Returns how many rows changed. The next run may queue a message again that was not_sent.
        """
        wrong = {each.state for each in outcomes} - {"accepted", "not_sent"}
        if wrong:
            raise LedgerError(f"A doubt ends as accepted or not_sent, not as {', '.join(sorted(wrong))}.")
        with self._writing() as (connection, change):
            return statements.settle_doubted(connection, change, self.wall(), outcomes)

    # ---------------------------------------------------------------- people decide

    def stop(self, scope: str, name: str = "all", by: str | None = None) -> None:
        """Stop a journey, a channel or (scope `all`) everything, from the next intent on."""
        self._switch(scope, name, by, is_stopped=True)

    def resume(self, scope: str, name: str = "all", by: str | None = None) -> None:
        self._switch(scope, name, by, is_stopped=False)

    def _switch(self, scope: str, name: str, by: str | None, is_stopped: bool) -> None:
        if scope not in ("all", "journey", "channel"):
            raise LedgerError(f"A switch is for all, a journey or a channel, not for {scope!r}.")
        row = {"scope": scope, "name": name, "is_stopped": is_stopped, "changed_at": self.wall(), "changed_by": by}
        with self._writing() as (connection, _):
            statements.put(connection, switches, [row])

    def approve(self, journey: str, version: str, approved_by: str, at: datetime) -> None:
        """Record that a person approves this version of the journey. The first approval stays."""
        row = {"journey": journey, "version": version} | {"approved_by": approved_by, "approved_at": at}
        with self._writing() as (connection, _):
            statements.insert_new(connection, approvals, [row])

    def release(self, journey: str, check_name: str, held_as_of: datetime, released_by: str) -> None:
        """Record that a person releases a hold: for a day, this check does not hold the journey."""
        row = {"journey": journey, "check_name": check_name, "held_as_of": held_as_of}
        row |= {"released_by": released_by, "released_at": self.wall()}
        with self._writing() as (connection, _):
            statements.insert_new(connection, releases, [row])

    def answer(self, word_id: str, meaning: str, answered_by: str) -> None:
        """Record what a person says of an unread word: stop or keep. The last answer counts."""
        if meaning not in ("stop", "keep"):
            raise LedgerError(f"An unread word means stop or keep, not {meaning!r}.")
        row = {"word_id": word_id, "meaning": meaning, "answered_by": answered_by, "answered_at": self.wall()}
        with self._writing() as (connection, _):
            statements.put(connection, answers, [row])

    def back_off(self, channel: str, backoff_until: datetime) -> None:
        """Record that no worker may claim anything for this channel before then (wall time)."""
        with self._writing() as (connection, _):
            statements.put(connection, backoffs, [{"channel": channel, "backoff_until": backoff_until}])

    def export_changes(self, folder: Path, whole_months: bool = False) -> int:
        """Bring the Parquet files in `folder` up to date; returns how many rows were written.

        `whole_months`: rewrite each month that changed, so that no file keeps what a row said before.
        """
        from stammis.ledger.export import write_changes  # a send does not need the engine that writes Parquet

        with self._reading() as connection:
            written = write_changes(connection, folder, whole_months)
        if written:
            rows = [{name: getattr(file, name) for name in exports.c.keys()} for file in written]  # noqa: SIM118
            with self._writing() as (connection, _):
                statements.put(connection, exports, rows)
        return sum(file.rows for file in written)

    @contextmanager
    def _writing(self) -> Iterator[tuple[Connection, int]]:
        with self._explained(), self._engine.begin() as connection:
            yield connection, statements.next_change(connection)


def _columns(row: LogEntry | Suppression) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}
