"""Drafts and their versions, lessons and their evidence, preferences; a delivery is of a digest or of a draft."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from memory.models.types import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _drafts()
    _lessons()
    _preferences()
    _deliveries()


def _drafts() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Enum("MAIL", "REPLY", "DOCUMENT", "NOTE", "DIGEST", "CHAT", name="draftkind"), nullable=False
        ),
        sa.Column("state", sa.Enum("OPEN", "APPROVED", "REJECTED", name="draftstate"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("item_ids", sa.JSON(), nullable=False),
        sa.Column("fact_ids", sa.JSON(), nullable=False),
        sa.Column("incoming", sa.JSON(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("turn_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("embedder", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_draft_changed_at", "draft", ["changed_at"], unique=False)
    op.create_index("ix_draft_entry_id", "draft", ["entry_id"], unique=False)
    op.create_index("ix_draft_kind", "draft", ["kind"], unique=False)
    op.create_index("ix_draft_state", "draft", ["state"], unique=False)
    op.create_index("ix_draft_turn_id", "draft", ["turn_id"], unique=False)
    op.create_table(
        "draftversion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("used", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("draft_id", "number"),
        sqlite_autoincrement=True,
    )


def _lessons() -> None:
    op.create_table(
        "lesson",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("origin", sa.Enum("EDIT", "ACCEPTED", "OWN_TEXT", name="lessonorigin"), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("from_version", sa.Integer(), nullable=True),
        sa.Column("to_version", sa.Integer(), nullable=True),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("announced_at", Instant(), nullable=True),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("embedder", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_lesson_at", "lesson", ["at"], unique=False)
    op.create_index("ix_lesson_draft_id", "lesson", ["draft_id"], unique=False)
    op.create_index("ix_lesson_kind", "lesson", ["kind"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("dimension", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("strength", sa.Float(), nullable=False),
        sa.Column("quote_before", sa.String(), nullable=False),
        sa.Column("quote_after", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_evidence_dimension", "evidence", ["dimension"], unique=False)
    op.create_index("ix_evidence_lesson_id", "evidence", ["lesson_id"], unique=False)


def _preferences() -> None:
    op.create_table(
        "preference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dimension", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("is_topical", sa.Boolean(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("anchor", sa.Integer(), nullable=True),
        sa.Column("state", sa.Enum("HELD", "RETIRED", "FORGOTTEN", name="preferencestate"), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("learned_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_preference_dimension", "preference", ["dimension"], unique=False)
    op.create_index("ix_preference_state", "preference", ["state"], unique=False)
    op.create_table(
        "preferenceevidence",
        sa.Column("preference_id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("is_for", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["preference_id"], ["preference.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("preference_id", "evidence_id"),
    )
    op.create_index("ix_preferenceevidence_evidence_id", "preferenceevidence", ["evidence_id"], unique=False)
    op.create_table(
        "preferencechange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("preference_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["preference_id"], ["preference.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_preferencechange_lesson_id", "preferencechange", ["lesson_id"], unique=False)
    op.create_index("ix_preferencechange_preference_id", "preferencechange", ["preference_id"], unique=False)


def _deliveries() -> None:
    with op.batch_alter_table("delivery") as delivery:
        delivery.alter_column("digest_id", existing_type=sa.Integer(), nullable=True)
        delivery.add_column(sa.Column("draft_id", sa.Integer(), nullable=True))
        delivery.add_column(sa.Column("draft_version", sa.Integer(), nullable=True))
        delivery.add_column(sa.Column("answer", sa.String(), nullable=True))
        delivery.create_foreign_key("delivery_draft", "draft", ["draft_id"], ["id"], ondelete="CASCADE")
        delivery.create_unique_constraint("one_delivery_a_draft", ["draft_id"])
        delivery.create_check_constraint("one_is_delivered", "(digest_id IS NULL) <> (draft_id IS NULL)")
