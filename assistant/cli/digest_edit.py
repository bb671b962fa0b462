"""A digest in the user's editor: what they changed there teaches how the next ones are made.

The service is not held while the editor is open. `cli.digest` calls it.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING

import typer

from assistant.cli import piped
from assistant.cli.editor import edited
from assistant.cli.screen import Invocation, client_from, harmless, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.digest import Corrected, DigestText

NOTHING_NEW = "Nothing new to learn from it."


def correct(context: typer.Context, day: date | None, file: str, *, is_sure: bool) -> Corrected | None:
    """What came of it; `None` where nothing was changed. `file` has the text instead of an editor, `-` standard input.

    Raises: what the editor and the service raise; a changed text then stays in its file.
    """
    with client_from(context) as client:
        shown = client.digest.text(day)
    if file:
        return _taught(context, shown, piped.text(file), is_sure=is_sure)
    folder = context.ensure_object(Invocation).find_home().edits
    takes_up = f"telos digest edit {shown.day} --text"
    with edited(shown.text, folder, f"digest-{shown.day}.md", takes_up=takes_up) as left:
        return None if left is None else _taught(context, shown, left, is_sure=is_sure)


def told(done: Corrected) -> None:
    """Each lesson in its line."""
    for lesson in done.lessons:
        say(f"{lesson.line or NOTHING_NEW}  {lesson.undo}")
    for word in done.less:
        say(f"Less like {word.number}, {harmless(word.title)}  telos digest undo")
    if not (done.lessons or done.less):
        say("Nothing was changed.")


def _taught(context: typer.Context, shown: DigestText, left: str, *, is_sure: bool) -> Corrected:
    """Raises: BadRequest where the service asks, and there is nobody to answer."""
    text = shown.model_copy(update={"text": left, "is_sure": is_sure})
    with client_from(context) as client:
        done = client.digest.correct(text)
    if not done.question:
        return done
    if not sys.stdin.isatty():
        raise BadRequest(done.question, "What else was changed is learned. --yes says that it is meant so.")
    if not typer.confirm(harmless(done.question), default=False, err=True):
        return done
    with client_from(context) as client:
        again = client.digest.correct(text.model_copy(update={"is_sure": True}))
    return again.model_copy(update={"lessons": [*done.lessons, *again.lessons], "less": [*done.less, *again.less]})
