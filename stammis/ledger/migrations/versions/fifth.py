"""The table of each person's last intents is called what it holds."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.rename_table("pressure", "recent_sends")
