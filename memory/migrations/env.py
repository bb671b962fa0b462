"""What Alembic runs to migrate, on the connection and in the transaction that `upgrade` hands it."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from memory import models

assert models.__all__, "the models are imported so that SQLModel.metadata knows them"

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    include_name=lambda name, kind, _parents: not (kind == "table" and (name or "").startswith("words")),
)
context.run_migrations()
