"""Reserves a code with its message, and releases it when the message was never sent.

Both functions work inside the caller's transaction.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update

from stammis.ledger.codes import derive_code
from stammis.ledger.rows import Queued
from stammis.ledger.tables import HOLDS_ITS_CODE, codes, messages

Entry = tuple[str, str, str]  # offer, customer_id, entry_key
the_entry = tuple_(codes.c.offer, codes.c.customer_id, codes.c.entry_key)


def reserve_codes(connection: Connection, key: str, rows: Sequence[Queued]) -> int:
    """Give each row with an offer its entry's code; returns how many entries that were.

    An entry that had a code gets the same again, also after a release: a reminder names the
    code of the first message, and a message decided anew tomorrow names today's.
    """
    wanted = {(row.offer, row.customer_id, row.entry_key): row for row in rows if row.offer}
    if not wanted:
        return 0
    owned = _owned_codes(connection, list(wanted))
    fresh = _free_codes(connection, key, [entry for entry in wanted if entry not in owned])
    if fresh:
        new = [
            {"code": code, "offer": offer, "customer_id": customer_id, "entry_key": entry_key}
            | {"expires_on": wanted[offer, customer_id, entry_key].offer_expires_on, "is_reserved": True}
            for (offer, customer_id, entry_key), code in fresh.items()
        ]
        connection.execute(insert(codes), new)
    if owned:
        again = update(codes).where(codes.c.code == bindparam("its_code"))
        connection.execute(
            again.values(is_reserved=True, expires_on=bindparam("its_end")),
            [{"its_code": code, "its_end": wanted[entry].offer_expires_on} for entry, code in owned.items()],
        )
    code_of = owned | fresh
    connection.execute(
        update(messages).where(messages.c.message_id == bindparam("its_id")).values(code=bindparam("its")),
        [
            {"its_id": row.message_id, "its": code_of[row.offer, row.customer_id, row.entry_key]}
            for row in rows
            if row.offer
        ],
    )
    return len(code_of)


def release_codes(connection: Connection, change: int) -> None:
    """Release the codes of messages that this change ended unsent, unless another message has them."""
    is_held = messages.c.state.in_(HOLDS_ITS_CODE)
    ended = select(messages.c.code).where(messages.c.change == change, messages.c.code.is_not(None), ~is_held)
    another = select(messages.c.code).where(messages.c.code == codes.c.code, is_held)
    connection.execute(update(codes).where(codes.c.code.in_(ended), ~another.exists()).values(is_reserved=False))


def _owned_codes(connection: Connection, entries: Sequence[Entry]) -> dict[Entry, str]:
    found = connection.execute(select(codes).where(the_entry.in_(entries)))
    return {(each.offer, each.customer_id, each.entry_key): each.code for each in found}


def _free_codes(connection: Connection, key: str, entries: Sequence[Entry]) -> dict[Entry, str]:
    """One code each. Among a million, two entries may share one: the later takes its next."""
    fresh: dict[Entry, str] = {}
    waiting, n = list(entries), 0
    while waiting:
        candidates = {derive_code(key, *entry, n=n): entry for entry in waiting}
        taken: set[str] = set(connection.scalars(select(codes.c.code).where(codes.c.code.in_(candidates))))
        taken.update(fresh.values())
        fresh |= {entry: code for code, entry in candidates.items() if code not in taken}
        waiting, n = [entry for entry in waiting if entry not in fresh], n + 1
    return fresh
