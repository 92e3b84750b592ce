"""The statements a ledger transaction is made of. Each runs inside the caller's transaction.

Plain SQL that SQLite and PostgreSQL share; the one difference, how to insert what may be there
already, is `_insert_or`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from stammis.core.identifiers import fold_email, spellings_of_email
from stammis.core.tombstones import ERASED, keys_of_address, tombstone
from stammis.core.types import Outcome
from stammis.ledger.reserved_codes import release_codes
from stammis.ledger.rows import Batch, Queued, clock_of
from stammis.ledger.tables import (
    MAY_BE_QUEUED_AGAIN,
    SETTLED_FROM,
    batches,
    changes,
    messages,
    recent_sends,
    suppressions,
    switches,
)

Values = Mapping[str, Any]
Stopped = set[tuple[str, str]]  # (scope, name)
OF_ONE_ATTEMPT = ("send_id", "code", "reason", "provider_id", "intended_at", "settled_at", "batch")


def next_change(connection: Connection) -> int:
    """The number of this transaction's change. Takes the row's lock: writers queue up behind it."""
    counted = update(changes).values(number=changes.c.number + 1).returning(changes.c.number)
    return int(connection.execute(counted).scalar_one())


def fold_address(address: str) -> str:
    """Fold an address for comparison: a suppression must also hold for another spelling."""
    return (fold_email(address) or "") if "@" in address else address.strip().casefold()


def spellings(address: str) -> set[str]:
    """The folded address, and as it was folded before."""
    return {fold_address(address)} | (spellings_of_email(address) if "@" in address else set())


def insert_new(connection: Connection, table: Table, rows: Sequence[Values]) -> int:
    """Insert what is not there yet; returns how many were new."""
    if not rows:
        return 0
    return connection.execute(_insert_or(connection, table).on_conflict_do_nothing(), rows).rowcount


def put(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert, or replace the row with the same key."""
    if not rows:
        return
    insert = _insert_or(connection, table)
    key = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in key}
    connection.execute(insert.on_conflict_do_update(index_elements=key, set_=changed), rows)


def enqueue(connection: Connection, rows: Sequence[Queued], decided: Values) -> dict[str, str]:
    """Queue rows; returns message_id -> state of those the ledger would not queue again."""
    columns = [name for name in Queued.__slots__ if name in messages.c]
    insert = _insert_or(connection, messages)
    anew = {name: insert.excluded[name] for name in {*columns, *decided} - {"message_id", "month"}}
    anew |= dict.fromkeys(OF_ONE_ATTEMPT)
    statement = insert.on_conflict_do_update(
        index_elements=["message_id"],
        set_=anew | {"state": "queued", "attempt": messages.c.attempt + 1},
        where=or_(*(messages.c.state == state for state in MAY_BE_QUEUED_AGAIN)),
    )
    fixed = {**decided, "state": "queued", "attempt": 1}
    connection.execute(statement, [{name: getattr(row, name) for name in columns} | fixed for row in rows])
    # What this change did not touch was refused.
    refused = select(messages.c.message_id, messages.c.state).where(
        messages.c.message_id.in_([row.message_id for row in rows]), messages.c.change != decided["change"]
    )
    return {row.message_id: row.state for row in connection.execute(refused)}


def recover_expired(connection: Connection, change: int, now: datetime) -> None:
    """Queue claimed rows again whose lease has ended; intended ones become in doubt."""
    ended = select(batches.c.number).where(batches.c.number == messages.c.batch, batches.c.lease_until < now)
    back = {"state": "queued", "batch": None, "change": change}
    connection.execute(update(messages).where(messages.c.state == "claimed", ended.exists()).values(back))
    doubt = {"state": "in_doubt", "reason": "lease_ended", "change": change}
    connection.execute(update(messages).where(messages.c.state == "intended", ended.exists()).values(doubt))


def only_claimed(batch: Batch) -> ColumnElement[bool]:
    """Condition: rows of this batch that are claimed and not yet intended."""
    return (messages.c.batch == batch.number) & (messages.c.state == "claimed")


def put_back(connection: Connection, batch: Batch, change: int) -> None:
    back = {"state": "queued", "batch": None, "change": change}
    connection.execute(update(messages).where(only_claimed(batch)).values(back))


def mark_intended(connection: Connection, send_ids: Mapping[str, str], change: int, now: datetime) -> None:
    """Mark rows as intended: from here on a message may have been sent. `send_ids`: message_id -> send_id."""
    if not send_ids:
        return
    statement = update(messages).where(messages.c.message_id == bindparam("its_id"))
    connection.execute(
        statement.values(state="intended", send_id=bindparam("its_send_id"), intended_at=now, change=change),
        [{"its_id": message_id, "its_send_id": send_id} for message_id, send_id in send_ids.items()],
    )


def settle_rows(connection: Connection, batch: Batch, change: int, now: datetime, outcomes: Iterable[Outcome]) -> int:
    """Settle rows of this batch by `outcomes`, where their state allows it; returns how many rows changed."""
    is_ours = messages.c.batch == batch.number
    return _end(connection, outcomes, change, now, lambda state: is_ours & messages.c.state.in_(SETTLED_FROM[state]))


def settle_doubted(connection: Connection, change: int, now: datetime, outcomes: Iterable[Outcome]) -> int:
    return _end(connection, outcomes, change, now, lambda _: messages.c.state == "in_doubt")


def _end(
    connection: Connection,
    outcomes: Iterable[Outcome],
    change: int,
    now: datetime,
    may_end: Callable[[str], ColumnElement[bool]],
) -> int:
    """Settle rows with one UPDATE per outcome: a batch usually has one or two different ones."""
    ended, alike = 0, defaultdict[tuple[str, str | None, str | None], list[str]](list)
    for each in outcomes:
        alike[each.state, each.reason, each.provider_id].append(each.message_id)
    for (state, reason, provider_id), message_ids in alike.items():
        settled_at = None if state == "in_doubt" else now
        ended += connection.execute(
            update(messages)
            .where(messages.c.message_id.in_(message_ids), may_end(state))
            .values(state=state, reason=reason, provider_id=provider_id, settled_at=settled_at, change=change)
        ).rowcount
    release_codes(connection, change)
    _uncount_unsent(connection, change)
    return ended


def read_stopped(connection: Connection) -> Stopped:
    """(scope, name) of everything that is stopped."""
    rows = connection.execute(select(switches.c.scope, switches.c.name).where(switches.c.is_stopped))
    return {(row.scope, row.name) for row in rows}


def is_stopped(stopped: Stopped, channel: str, journey: str | None = None) -> bool:
    return not stopped.isdisjoint({("all", "all"), ("channel", channel), ("journey", journey or "")})


def refuse_suppressed(
    connection: Connection, channel: str, rows: Sequence[Row[Any]], tombstone_key: str
) -> dict[str, Outcome]:
    """Refuse rows whose address is suppressed for this channel without a later consent, or is erased."""
    hashes = {
        row.message_id: {tombstone(tombstone_key, key) for key in keys_of_address(channel, row.address)} for row in rows
    }
    spelled = {row.message_id: spellings(row.address) for row in rows}
    asked = set().union(*hashes.values(), *spelled.values())
    found = connection.execute(
        select(suppressions).where(
            suppressions.c.address.in_(asked),
            suppressions.c.channel.in_((channel, "all")),
        )
    )
    latest = {each.address: each for each in sorted(found, key=attrgetter("since"))}
    refused = {}
    for row in rows:
        if not hashes[row.message_id].isdisjoint(latest):
            refused[row.message_id] = Outcome(row.message_id, "suppressed", ERASED)
            continue
        held = [latest[each] for each in spelled[row.message_id] if each in latest]
        suppression = max(held, key=attrgetter("since"), default=None)
        if suppression and (row.consented_at is None or row.consented_at <= suppression.since):
            refused[row.message_id] = Outcome(row.message_id, "suppressed", suppression.reason)
    return refused


def enforce_daily_ceiling(
    connection: Connection, rows: Sequence[Row[Any]], clock: datetime, ceiling: int
) -> dict[str, Outcome]:
    """Refuse rows of people who had `ceiling` messages in the day before `clock`; count the others.

    This is the last defence against a loop or a wrong rule. What it refuses is decided again tomorrow.
    """
    day_before, refused = _noted(clock - timedelta(days=1)), {}
    recent = _read_recent_sends(connection, rows)
    for row in rows:
        times = recent[row.customer_id] = [at for at in recent[row.customer_id] if at > day_before]
        if len(times) < ceiling:
            times.append(_noted(clock))
        else:
            refused[row.message_id] = Outcome(row.message_id, "withdrawn", "over_ceiling")
    _write_recent_sends(connection, recent)
    return refused


def _uncount_unsent(connection: Connection, change: int) -> None:
    """Take messages that were certainly not sent out of their person's daily count."""
    unsent = select(messages).where(messages.c.change == change, messages.c.state == "not_sent")
    rows = connection.execute(unsent).all()
    if not rows:
        return
    recent = _read_recent_sends(connection, rows)
    for row in rows:
        counted = _noted(clock_of(row.decided_at, row.queued_at, row.intended_at))
        if counted in recent[row.customer_id]:
            recent[row.customer_id].remove(counted)
    _write_recent_sends(connection, recent)


def _read_recent_sends(connection: Connection, rows: Sequence[Row[Any]]) -> defaultdict[str, list[str]]:
    people = {row.customer_id for row in rows}
    known = connection.execute(select(recent_sends).where(recent_sends.c.customer_id.in_(people)).with_for_update())
    return defaultdict(list, {each.customer_id: each.recent.split() for each in known})


def _write_recent_sends(connection: Connection, recent: Mapping[str, Sequence[str]]) -> None:
    rows = [{"customer_id": customer_id, "recent": " ".join(times)} for customer_id, times in recent.items()]
    put(connection, recent_sends, rows)


def _noted(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _insert_or(connection: Connection, table: Table) -> Any:
    dialects = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return dialects[connection.dialect.name](table)
