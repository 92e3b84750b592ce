"""The ledger's first tables. Frozen: what comes later is another file."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "messages",
        key("message_id"),
        text("send_id"),
        *(words(name) for name in ("run_id", "journey", "step", "customer_id", "entry_key")),
        *(words(name) for name in ("channel", "address", "purpose", "template_version")),
        sa.Column("consented_at", sa.DateTime),
        text("code"),
        words("state"),
        text("reason"),
        text("provider_id"),
        moment("decided_at"),
        moment("queued_at"),
        sa.Column("intended_at", sa.DateTime),
        sa.Column("settled_at", sa.DateTime),
        words("month"),
        number("attempt"),
        sa.Column("batch", sa.Integer),
        number("change"),
    )
    op.create_index("messages_by_state", "messages", ["state"])
    op.create_index("messages_by_change", "messages", ["change"])
    op.create_index("messages_by_month", "messages", ["month"])
    op.create_index("messages_by_customer", "messages", ["customer_id"])
    some = sa.text("code is not null")
    op.create_index("messages_by_code", "messages", ["code"], sqlite_where=some, postgresql_where=some)
    op.create_table(
        "batches",
        sa.Column("number", sa.Integer, primary_key=True),
        words("worker"),
        moment("lease_until"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "journey_log",
        *(key(name) for name in ("journey", "customer_id", "entry_key", "kind", "step")),
        text("reason"),
        text("arm"),
        words("definition_hash"),
        sa.Column("is_backlog", sa.Boolean, nullable=False),
        moment("entered_at"),
        moment("decided_at"),
        words("run_id"),
        words("month"),
        number("change"),
    )
    op.create_index("journey_log_by_change", "journey_log", ["change"])
    op.create_index("journey_log_by_month", "journey_log", ["month"])
    create_what_may_stop_a_message()
    create_what_the_ledger_keeps_for_itself()
    create_what_is_heard()


def create_what_may_stop_a_message() -> None:
    since = sa.Column("since", sa.DateTime, primary_key=True)
    op.create_table("suppressions", key("address"), key("channel"), since, words("reason"))
    op.create_table("pressure", key("customer_id"), words("recent"))
    op.create_table("approvals", key("journey"), key("definition_hash"), words("approved_by"), moment("approved_at"))
    op.create_table(
        "switches",
        key("scope"),
        key("name"),
        sa.Column("is_stopped", sa.Boolean, nullable=False),
        moment("changed_at"),
    )


def create_what_the_ledger_keeps_for_itself() -> None:
    op.create_table(
        "codes",
        key("code"),
        words("offer"),
        words("customer_id"),
        words("entry_key"),
        sa.Column("expires_on", sa.Date),
        sa.Column("is_reserved", sa.Boolean, nullable=False),
        sa.UniqueConstraint("offer", "customer_id", "entry_key"),
    )
    changes = op.create_table("changes", sa.Column("number", sa.Integer, primary_key=True))
    op.bulk_insert(changes, [{"number": 0}])
    op.create_table("exports", key("table_name"), key("month"), number("change"))


def create_what_is_heard() -> None:
    op.create_table(
        "events",
        key("provider"),
        key("event_id"),
        text("send_id"),
        words("kind"),
        moment("happened_at"),
        moment("received_at"),
    )
    op.create_table(
        "consents",
        key("address"),
        key("channel"),
        key("purpose"),
        sa.Column("captured_at", sa.DateTime, primary_key=True),
        words("state"),
        words("source"),
    )
    op.create_table(
        "inbound",
        key("provider"),
        key("provider_id"),
        words("channel"),
        words("address"),
        words("body"),
        moment("received_at"),
    )
    op.create_table("tasks", key("message_id"), words("queue"), moment("due_at"), sa.Column("done_at", sa.DateTime))


def key(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.String, primary_key=True)


def words(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.String, nullable=False)


def text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.String)


def moment(name: str) -> "sa.Column[datetime]":
    return sa.Column(name, sa.DateTime, nullable=False)


def number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer, nullable=False)
