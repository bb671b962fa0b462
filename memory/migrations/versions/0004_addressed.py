"""Items say whether they speak to the user, whether the user wrote them, and what else their source tells of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Columns with a default are added without writing the rows anew, of which there may be hundreds of thousands."""
    op.add_column("item", sa.Column("to_me", sa.Boolean(), nullable=False, server_default="0"))
    op.add_column("item", sa.Column("by_me", sa.Boolean(), nullable=False, server_default="0"))
    op.add_column("item", sa.Column("details", sa.JSON(), nullable=False, server_default="{}"))
