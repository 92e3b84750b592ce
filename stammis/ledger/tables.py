"""The ledger's tables. Change one: add a migration, move HEAD; a test holds the two to one schema.

    queued ──> claimed ──> intended ──> accepted | failed | suppressed | in_doubt ──> accepted | not_sent
      │           ├──> queued             (lease ended, or stopped by a switch)
      │           └──> failed | suppressed | expired | withdrawn           (nothing was begun)
      └──> withdrawn

Times are naive UTC. `decided_at` is the run's as_of; every other time is the wall's.
Rows are narrow: no payload, and what a whole batch shares (lease, worker) stands in `batches`.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

HEAD = "0006"

# An id in one of these may be queued again: nothing of it ever left the house.
MAY_BE_QUEUED_AGAIN = ("withdrawn", "expired", "not_sent")
# Where a batch's owner may take a row, and from where.
SETTLED_FROM = {
    "accepted": ("intended",),
    "in_doubt": ("intended",),
    "not_sent": ("intended",),
    "failed": ("claimed", "intended"),
    "suppressed": ("claimed", "intended"),
    "expired": ("claimed",),
    "withdrawn": ("claimed",),
}
# A code stays reserved while a message that carries it is, or may be, on its way or there.
HOLDS_ITS_CODE = ("queued", "claimed", "intended", "accepted", "in_doubt")

metadata = MetaData()

messages = Table(
    "messages",
    metadata,
    Column("message_id", String, primary_key=True),
    Column("send_id", String),
    Column("run_id", String, nullable=False),
    Column("journey", String, nullable=False),
    Column("step", String, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("entry_key", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("template_version", String, nullable=False),
    Column("consented_at", DateTime),
    Column("code", String),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("provider_id", String),
    Column("decided_at", DateTime, nullable=False),
    Column("queued_at", DateTime, nullable=False),
    Column("intended_at", DateTime),
    Column("settled_at", DateTime),
    Column("month", String, nullable=False),  # of the first decision; fixed, so a row never changes its file
    Column("attempt", Integer, nullable=False),
    Column("batch", Integer),
    Column("change", Integer, nullable=False),
)
Index("messages_by_state", messages.c.state)
Index("messages_by_change", messages.c.change)
Index("messages_by_month", messages.c.month)
Index("messages_by_customer", messages.c.customer_id)
has_code = messages.c.code.is_not(None)
Index("messages_by_code", messages.c.code, sqlite_where=has_code, postgresql_where=has_code)

batches = Table(
    "batches",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("worker", String, nullable=False),
    Column("lease_until", DateTime, nullable=False),
    sqlite_autoincrement=True,  # a number is a fencing token: never given out twice
)

journey_log = Table(
    "journey_log",
    metadata,
    Column("journey", String, primary_key=True),
    Column("customer_id", String, primary_key=True),
    Column("entry_key", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("step", String, primary_key=True),  # '' where the line is about the whole entry
    Column("reason", String),
    Column("arm", String),
    Column("definition_hash", String, nullable=False),
    Column("is_backlog", Boolean, nullable=False),
    Column("entered_at", DateTime, nullable=False),
    Column("decided_at", DateTime, nullable=False),
    Column("run_id", String, nullable=False),
    Column("month", String, nullable=False),
    Column("change", Integer, nullable=False),
)
Index("journey_log_by_change", journey_log.c.change)
Index("journey_log_by_month", journey_log.c.month)
Index("journey_log_by_customer", journey_log.c.customer_id)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("since", DateTime, primary_key=True),  # insert-only: who left, came back and left again, left twice
    Column("reason", String, nullable=False),
)

codes = Table(
    "codes",
    metadata,
    Column("code", String, primary_key=True),
    Column("offer", String, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("entry_key", String, nullable=False),
    Column("expires_on", Date),
    Column("is_reserved", Boolean, nullable=False),
    UniqueConstraint("offer", "customer_id", "entry_key"),
)

recent_sends = Table(
    "recent_sends",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("recent", String, nullable=False),  # the last few intents, ISO times apart by spaces
)

approvals = Table(
    "approvals",
    metadata,
    Column("journey", String, primary_key=True),
    Column("version", String, primary_key=True),  # of journey.yaml and every word of its messages
    Column("approved_by", String, nullable=False),
    Column("approved_at", DateTime, nullable=False),
)

switches = Table(
    "switches",
    metadata,
    Column("scope", String, primary_key=True),  # all | journey | channel
    Column("name", String, primary_key=True),
    Column("is_stopped", Boolean, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("changed_by", String),
)

# Somebody has looked at what a check found and lets the journey speak all the same, for a day of its own clock.
releases = Table(
    "releases",
    metadata,
    Column("journey", String, primary_key=True),
    Column("check_name", String, primary_key=True),
    Column("held_as_of", DateTime, primary_key=True),  # of the run that held it
    Column("released_by", String, nullable=False),
    Column("released_at", DateTime, nullable=False),
)

# What a person says of a word that could not be read, or that might mean either.
answers = Table(
    "answers",
    metadata,
    Column("word_id", String, primary_key=True),  # of a reply, a damaged row, or a file
    Column("meaning", String, nullable=False),  # stop | keep
    Column("answered_by", String, nullable=False),
    Column("answered_at", DateTime, nullable=False),
)

# How many were inside each audience, by the day of as_of: what "as many as usual" is measured by.
audience_sizes = Table(
    "audience_sizes",
    metadata,
    Column("journey", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("as_of", DateTime, nullable=False),
    Column("size", Integer, nullable=False),
)

# A provider that asks us to wait says so once, for all workers.
backoffs = Table(
    "backoffs",
    metadata,
    Column("channel", String, primary_key=True),
    Column("backoff_until", DateTime, nullable=False),
)

# One row: the number of the last change. A row and not a database sequence, because its lock makes
# changes commit in the order of their numbers: an export can never step over one still under way.
changes = Table("changes", metadata, Column("number", Integer, primary_key=True))

# Which change each month file was written up to; also tells when a file has been lost.
exports = Table(
    "exports",
    metadata,
    Column("table_name", String, primary_key=True),
    Column("month", String, primary_key=True),
    Column("change", Integer, nullable=False),
)

# Filled by what listens, which comes later; here from the first migration so that it needs no second.
events = Table(
    "events",
    metadata,
    Column("provider", String, primary_key=True),
    Column("event_id", String, primary_key=True),
    Column("send_id", String),
    Column("kind", String, nullable=False),
    Column("happened_at", DateTime, nullable=False),
    Column("received_at", DateTime, nullable=False),
)
consents = Table(
    "consents",
    metadata,
    Column("address", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("captured_at", DateTime, primary_key=True),
    Column("state", String, nullable=False),
    Column("source", String, nullable=False),
)
inbound = Table(
    "inbound",
    metadata,
    Column("provider", String, primary_key=True),
    Column("provider_id", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("body", String, nullable=False),
    Column("received_at", DateTime, nullable=False),
)
# Somebody asked to be forgotten. The id is opaque; nothing else of them is here.
erasures = Table(
    "erasures",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("requested_at", DateTime, nullable=False),
    Column("done_at", DateTime),
)
# What their keys are known again by: tombstones.py.
tombstones = Table(
    "tombstones",
    metadata,
    Column("hash", String, primary_key=True),
    Column("erased_at", DateTime, nullable=False),
)
tasks = Table(
    "tasks",
    metadata,
    Column("message_id", String, primary_key=True),
    Column("queue", String, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("done_at", DateTime),
)
