"""The first schema: sources, items and their versions, stories, digests and their delivery, feedback, jobs, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from memory.models.types import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "digest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("built_at", Instant(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("local_date", "recipient", "run"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_digest_local_date", "digest", ["local_date"])
    op.create_table(
        "job",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("last_started_at", Instant(), nullable=True),
        sa.Column("last_finished_at", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("broken_since", Instant(), nullable=True),
        sa.Column("last_outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cursor", sa.JSON(), nullable=True),
        sa.Column("moved_to", sa.String(), nullable=True),
        sa.Column("moved_from", sa.String(), nullable=True),
        sa.Column("next_poll_at", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("last_error_kind", sa.String(), nullable=True),
        sa.Column("broken_since", Instant(), nullable=True),
        sa.Column("last_attempt_at", Instant(), nullable=True),
        sa.Column("last_success_at", Instant(), nullable=True),
        sa.Column("last_new_item_at", Instant(), nullable=True),
        sa.Column("rhythm_s", sa.Float(), nullable=True),
        sa.Column("stale_since", Instant(), nullable=True),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "story",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("moved_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_story_moved_at", "story", ["moved_at"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest_id", sa.Integer(), nullable=False),
        sa.Column(
            "state", sa.Enum("QUEUED", "SENDING", "SENT", "FAILED", "UNKNOWN", name="deliverystate"), nullable=False
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant(), nullable=True),
        sa.Column("give_up_at", Instant(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("queued_at", Instant(), nullable=False),
        sa.Column("sending_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("reported_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest_id"),
    )
    op.create_index("ix_delivery_state", "delivery", ["state"])
    op.create_table(
        "entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("sentences", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("is_unproven", sa.Boolean(), nullable=False),
        sa.Column("is_follow_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest_id", "number"),
    )
    op.create_index("ix_entry_story_id", "entry", ["story_id"])
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("canonical_url", sa.String(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=True),
        sa.Column("hidden_at", Instant(), nullable=True),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
        ),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "external_id", "generation"),
        sqlite_autoincrement=True,
    )
    op.create_index("item_by_canonical_url", "item", ["canonical_url"])
    op.create_index("item_by_story", "item", ["story_id"])
    op.create_index("item_by_time", "item", ["published_at"])
    op.create_index("ix_item_source_id", "item", ["source_id"])
    op.create_table(
        "entryitem",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", "item_id"),
    )
    op.create_index("ix_entryitem_item_id", "entryitem", ["item_id"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.Enum("MORE", "LESS", "KEEP", "DROP", name="verb"), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_feedback_entry_id", "feedback", ["entry_id"])
    op.create_table(
        "mute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum("WORD", "AUTHOR", "SOURCE", "STORY", name="mutekind"), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("ord", sa.Integer(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=True),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("stage", sa.Enum("STORED", "CHUNKED", "EMBEDDED", "INDEXED", name="stage"), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("item_id", "ord"),
    )
    op.create_index("version_by_stage", "version", ["stage"])
    op.create_table(
        "chunk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("ord", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("version_id", "ord"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "vector",
        sa.Column("chunk_id", sa.Integer(), nullable=False),
        sa.Column("embedder", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["chunk_id"], ["chunk.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chunk_id", "embedder"),
    )
