"""What stands beside an item in its conversation is found fast; turns keep the vectors of what was said and replied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("item_by_thread", "item", ["source_id", "thread_id", "published_at"])
    op.create_table(
        "turnvector",
        sa.Column("turn_id", sa.Integer(), nullable=False),
        sa.Column("is_reply", sa.Boolean(), nullable=False),
        sa.Column("embedder", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("turn_id", "is_reply", "embedder"),
    )
