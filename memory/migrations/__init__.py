"""Bringing an older database to the present schema. `memory.store.connection` calls `upgrade` when it opens the file.

A migration is a file in `versions/`, named by a number that grows; SQLite runs it in one transaction, so it is done whole
or not at all. The full-text tables are an index and no part of this: `memory.lexical` makes them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from memory.errors import NewerDatabase

_ONE_BY_ONE = Lock()
"""Alembic knows one migration of a process at a time: its `op` would run a step in the wrong one of two databases."""


def is_needed(connection: Connection) -> bool:
    """Whether `upgrade` would do anything. It only reads."""
    head = _scripts(Config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() != head


def upgrade(connection: Connection, *, before: Callable[[str], None], to: str = "head") -> None:
    """Run what is missing, inside the caller's transaction. `before(revision)` is called first, unless nothing is there yet.

    Raises: NewerDatabase, when the database stands at a revision that this version of Telos does not know.
    """
    config = Config(attributes={"connection": connection})
    scripts = _scripts(config)
    present = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if present is not None and present not in known:
        raise NewerDatabase(
            f"The database was written by a newer Telos (its schema is {present}; this one knows up to "
            f"{scripts.get_current_head()}).",
            "Install that version again, or restore the copy it left in the backups folder.",
        )
    if present == scripts.get_current_head():
        return
    if present is not None:
        before(present)
    with _ONE_BY_ONE:
        command.upgrade(config, to)


def _scripts(config: Config) -> ScriptDirectory:
    config.set_main_option("script_location", str(Path(__file__).parent))
    return ScriptDirectory.from_config(config)
