"""What people say of words that nobody could read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("word_id", sa.String, primary_key=True),
        sa.Column("meaning", sa.String, nullable=False),
        sa.Column("answered_by", sa.String, nullable=False),
        sa.Column("answered_at", sa.DateTime, nullable=False),
    )
