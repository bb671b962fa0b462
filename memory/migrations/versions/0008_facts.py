"""Facts know until when they held, and why they ended; each rests on evidence, and two may be in doubt. Old items are
shortened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from memory.models.types import Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("fact", sa.Column("valid_until", Instant(), nullable=True))
    op.add_column("fact", sa.Column("ended", sa.String(), nullable=True))
    op.add_column("version", sa.Column("shortened_at", Instant(), nullable=True))
    _evidence()
    _doubts()
    op.execute(
        'INSERT INTO factevidence (fact_id, text, quote, turn_id, at, valid_from, "by")'
        ' SELECT id, text, quote, turn_id, learned_at, valid_from, "by" FROM fact ORDER BY id'
    )
    # Until when it was so: the day from which the next one was, which the older schema left to be looked up.
    op.execute(
        "UPDATE fact SET valid_until = max(valid_from, (SELECT later.valid_from FROM fact AS later"
        " WHERE later.id = fact.superseded_by)) WHERE superseded_by IS NOT NULL"
    )


def _evidence() -> None:
    op.create_table(
        "factevidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("turn_id", sa.Integer(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["fact_id"], ["fact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    for column in ("fact_id", "turn_id"):
        op.create_index(f"ix_factevidence_{column}", "factevidence", [column], unique=False)


def _doubts() -> None:
    op.create_table(
        "factdoubt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("asked_in", sa.Integer(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["fact_id"], ["fact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["fact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asked_in"], ["turn.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fact_id", "other_id"),
        sqlite_autoincrement=True,
    )
    for column in ("fact_id", "other_id"):
        op.create_index(f"ix_factdoubt_{column}", "factdoubt", [column], unique=False)
