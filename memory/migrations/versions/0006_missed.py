"""A digest keeps which conversations it told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("digest", sa.Column("missed", sa.JSON(), nullable=False, server_default="{}"))
