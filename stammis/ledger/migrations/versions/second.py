"""What people and providers say to a run: releases, back-offs, who pressed a switch; and how large audiences were."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("journey_log_by_customer", "journey_log", ["customer_id"])
    op.add_column("switches", sa.Column("changed_by", sa.String))
    op.create_table(
        "releases",
        sa.Column("journey", sa.String, primary_key=True),
        sa.Column("check_name", sa.String, primary_key=True),
        sa.Column("held_as_of", sa.DateTime, primary_key=True),
        sa.Column("released_by", sa.String, nullable=False),
        sa.Column("released_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "audience_sizes",
        sa.Column("journey", sa.String, primary_key=True),
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
    )
    op.create_table(
        "pauses",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("paused_until", sa.DateTime, nullable=False),
    )
