"""The user's text in place of a draft's: from their editor, or from a file. It asks where the service asks, and loses nothing.

The service is not held while the editor is open: others may use it for as long as that takes. `cli.drafts` calls it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from assistant.cli import piped
from assistant.cli.drafts import file as draft_file
from assistant.cli.drafts.file import Written
from assistant.cli.editor import edited
from assistant.cli.screen import Invocation, client_from, harmless, progress_bar
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.drafts import Decided, DraftEdit, DraftView


def edit_in_editor(
    context: typer.Context, view: DraftView, *, is_sure: bool, teaches: bool, as_json: bool
) -> Decided | None:
    """What came of it; `None` where nothing was changed. A text that the service does not take stays in its file.

    Raises: what the editor and the service raise.
    """
    home = context.ensure_object(Invocation).find_home()
    takes_up = f"telos drafts edit {view.line.id}{'' if teaches else ' --pasted'} --text"
    with edited(draft_file.as_file(view), home.edits, draft_file.name_of(view), takes_up=takes_up) as left:
        if left is None:
            return None
        written = draft_file.read(left, with_subject=draft_file.has_subject(view))
        if not written.differs_from(view):
            return None
        return _kept(context, view, written, is_sure=is_sure, teaches=teaches, as_json=as_json)


def edit_as_given(
    context: typer.Context,
    view: DraftView,
    file: str,
    subject: str | None,
    *,
    is_sure: bool,
    teaches: bool,
    as_json: bool,
) -> Decided | None:
    """The same with a text in a file, or another subject alone."""
    given = piped.text(file) if file else view.current.text
    if file and draft_file.is_one(given):
        written = draft_file.read(given, with_subject=draft_file.has_subject(view))
    else:
        written = Written(given.strip("\n"))
    if subject is not None:
        written = Written(written.text, subject)
    if not written.differs_from(view):
        return None
    return _kept(context, view, written, is_sure=is_sure, teaches=teaches, as_json=as_json)


def _kept(
    context: typer.Context, view: DraftView, written: Written, *, is_sure: bool, teaches: bool, as_json: bool
) -> Decided:
    """Raises: BadRequest where the service asks, and there is nobody to answer; Abort where the answer is no."""
    from assistant.answers.drafts import DraftEdit

    edit = DraftEdit(
        version=view.current.number, text=written.text, subject=written.subject, is_sure=is_sure, teaches=teaches
    )
    decided = _sent(context, view, edit)
    if not decided.question:
        return decided
    if as_json or not sys.stdin.isatty():
        raise BadRequest(
            decided.question,
            "Nothing was kept. --yes says that it is meant so; --pasted keeps it and learns nothing from it.",
        )
    if not typer.confirm(harmless(decided.question), default=False, err=True):
        typer.echo("Nothing was kept.", err=True)
        raise typer.Exit(1)
    return _sent(context, view, edit.model_copy(update={"is_sure": True}))


def _sent(context: typer.Context, view: DraftView, edit: DraftEdit) -> Decided:
    with client_from(context) as client, progress_bar("Learning") as progress:
        return client.drafts.edit(view.line.id, edit, progress)
