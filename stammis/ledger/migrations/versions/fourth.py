"""One word a meaning: a provider backs off, and an approval is of a journey's version."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.rename_table("pauses", "backoffs")
    with op.batch_alter_table("backoffs") as backoffs:
        backoffs.alter_column("paused_until", new_column_name="backoff_until")
    with op.batch_alter_table("approvals") as approvals:
        approvals.alter_column("definition_hash", new_column_name="version")
