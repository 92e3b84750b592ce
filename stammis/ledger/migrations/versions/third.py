"""Who asked to be forgotten: the request, and what their keys are known again by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("customer_id", sa.String, primary_key=True),
        sa.Column("requested_at", sa.DateTime, nullable=False),
        sa.Column("done_at", sa.DateTime),
    )
    op.create_table(
        "tombstones",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("erased_at", sa.DateTime, nullable=False),
    )
