"""The ledger's part of an erasure: the request (which survives a crash), the tombstones, and the rows it changes.

Opaque ids stay: messages and the journey log keep counting. Addresses, codes, texts and provider's ids go.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from stammis.core.settings import Settings
from stammis.core.tombstones import ERASED, SALT
from stammis.ledger import statements
from stammis.ledger.ledger import Ledger
from stammis.ledger.migrations import shred_database
from stammis.ledger.reserved_codes import release_codes
from stammis.ledger.rows import LogEntry
from stammis.ledger.tables import (
    codes,
    consents,
    erasures,
    events,
    inbound,
    journey_log,
    messages,
    recent_sends,
    suppressions,
    tombstones,
)


def open_for_erasure(settings: Settings) -> "ErasureLedger":
    return ErasureLedger(settings.ledger, tombstone_key=settings.derived_key(SALT))


class ErasureLedger(Ledger):
    """A ledger that can forget a person."""

    def request(self, customer_ids: Sequence[str], hashes: Collection[str], parents: Collection[str] = ()) -> None:
        """Stop all messages to a person: withdraw their unsent rows, and refuse their keys at every intent.

        `hashes`: tombstones of their keys; `parents`: of their orders and tickets, to which nothing could be sent.
        """
        now = self.wall()
        with self._writing() as (connection, change):
            asked = [{"customer_id": customer_id, "requested_at": now} for customer_id in customer_ids]
            statements.insert_new(connection, erasures, asked)
            marks = [{"hash": each, "erased_at": now} for each in sorted({*hashes, *parents})]
            statements.insert_new(connection, tombstones, marks)
            known = set(connection.scalars(select(suppressions.c.address).where(suppressions.c.reason == ERASED)))
            barred = [{"address": each, "channel": "all", "reason": ERASED, "since": now} for each in sorted(hashes)]
            statements.insert_new(connection, suppressions, [row for row in barred if row["address"] not in known])
            connection.execute(
                update(messages)
                .where(messages.c.customer_id.in_(customer_ids), messages.c.state.in_(("queued", "claimed")))
                .values(state="withdrawn", reason=ERASED, settled_at=now, change=change)
            )
            release_codes(connection, change)

    def under_way(self, customer_ids: Sequence[str]) -> int:
        """Count the messages to them that a worker is sending at this moment."""
        self.recover()
        theirs = messages.c.customer_id.in_(customer_ids) & (messages.c.state == "intended")
        with self._reading() as connection:
            return connection.execute(select(func.count()).where(theirs)).scalar_one()

    def forget(
        self, customer_ids: Sequence[str], addresses: Collection[str], goals: Sequence[LogEntry], as_of: datetime
    ) -> dict[str, int]:
        """Take the person out; returns changed rows by table. `goals`: goals reached, as log lines that stay."""
        folded = {each for address in addresses for each in statements.spellings(address)}
        counts = {}
        with self._writing() as (connection, change):
            theirs = messages.c.customer_id.in_(customer_ids) | messages.c.address.in_(addresses)
            is_personal = or_(
                messages.c.address != "", messages.c.code.is_not(None), messages.c.provider_id.is_not(None)
            )
            nothing = {"address": "", "code": None, "provider_id": None, "consented_at": None, "change": change}
            counts["messages"] = connection.execute(
                update(messages).where(theirs, is_personal).values(nothing)
            ).rowcount
            for table, which in (
                (codes, codes.c.customer_id.in_(customer_ids)),
                (recent_sends, recent_sends.c.customer_id.in_(customer_ids)),
                (consents, consents.c.address.in_(folded | set(addresses))),
                (inbound, inbound.c.address.in_(folded | set(addresses))),
                (suppressions, suppressions.c.address.in_(folded)),
            ):
                counts[table.name] = connection.execute(delete(table).where(which)).rowcount
            decided = {"run_id": ERASED, "decided_at": as_of, "month": f"{as_of:%Y-%m}", "change": change}
            lines = [{name: getattr(line, name) for name in line.__slots__} | decided | {"step": ""} for line in goals]
            statements.insert_new(connection, journey_log, lines)
        return counts

    def held(self, customer_ids: Sequence[str], addresses: Collection[str]) -> dict[str, list[dict[str, Any]]]:
        """Return every row about them, by table."""
        folded = {each for address in addresses for each in statements.spellings(address)} | set(addresses)
        sent = select(messages.c.send_id).where(messages.c.customer_id.in_(customer_ids))
        asked = {
            messages: messages.c.customer_id.in_(customer_ids),
            journey_log: journey_log.c.customer_id.in_(customer_ids),
            codes: codes.c.customer_id.in_(customer_ids),
            recent_sends: recent_sends.c.customer_id.in_(customer_ids),
            consents: consents.c.address.in_(folded),
            suppressions: suppressions.c.address.in_(folded),
            inbound: inbound.c.address.in_(folded),
            events: events.c.send_id.in_(sent),
        }
        with self._reading() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(select(table).where(which)).mappings()]
                for table, which in asked.items()
            }

    def shred(self) -> None:
        """Rewrite the file, so that its free pages and its log keep nothing that was deleted."""
        self._engine.dispose()
        with self._explained():
            shred_database(self.path)

    def done(self, customer_ids: Sequence[str]) -> None:
        with self._writing() as (connection, _):
            ended = update(erasures).where(erasures.c.customer_id.in_(customer_ids), erasures.c.done_at.is_(None))
            connection.execute(ended.values(done_at=self.wall()))

    def erased_at(self, customer_id: str) -> datetime | None:
        """The wall time at which an erasure was finished; None if there was none, or it is not finished."""
        with self._reading() as connection:
            return connection.scalar(select(erasures.c.done_at).where(erasures.c.customer_id == customer_id))

    def lift(self, hashes: Iterable[str]) -> int:
        """Remove the tombstones of a person who comes back: their rows are read and messages sent to them again."""
        with self._writing() as (connection, _):
            return _delete_marks(connection, list(hashes))


def _delete_marks(connection: Connection, hashes: list[str]) -> int:
    connection.execute(delete(suppressions).where(suppressions.c.address.in_(hashes)))
    return connection.execute(delete(tombstones).where(tombstones.c.hash.in_(hashes))).rowcount
