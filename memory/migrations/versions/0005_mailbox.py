"""The mailbox: drafted answers, what is followed up, answers to digests; a delivery may be the answer to one of those."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from memory.models.types import Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _replies()
    _follow_ups()
    _requests()
    with op.batch_alter_table("delivery") as delivery:  # a table written anew loses its checks
        delivery.add_column(sa.Column("request_id", sa.Integer(), nullable=True))
        delivery.create_foreign_key("delivery_request", "request", ["request_id"], ["id"], ondelete="CASCADE")
        delivery.create_unique_constraint("one_delivery_a_request", ["request_id"])
        delivery.create_check_constraint(
            "one_is_delivered",
            "CASE WHEN digest_id IS NULL THEN 0 ELSE 1 END + CASE WHEN draft_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN request_id IS NULL THEN 0 ELSE 1 END = 1",
        )


def _replies() -> None:
    states = ("DRAFTED", "PLACING", "PLACED", "LEFT", "SENT", "ANSWERED", "NONE")
    op.create_table(
        "reply",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Enum(*states, name="replystate"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("uid", sa.Integer(), nullable=True),
        sa.Column("validity", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id"),
        sa.UniqueConstraint("draft_id"),
    )
    op.create_index("ix_reply_state", "reply", ["state"], unique=False)


def _follow_ups() -> None:
    kinds = ("AWAITS_ME", "AWAITS_THEM", "PROMISED_BY_ME", "PROMISED_TO_ME")
    op.create_table(
        "followup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum(*kinds, name="followupkind"), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("how", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("item_id", "kind", "quote"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_followup_due", "followup", ["due"], unique=False)


def _requests() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("digest_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Enum("ASKED", "ANSWERED", name="requeststate"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_request_state", "request", ["state"], unique=False)
