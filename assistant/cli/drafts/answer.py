"""What commands on drafts answer: the draft itself, or what came of an edit, with the lesson and how to take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.cli.screen import print_json, print_parts, say

if TYPE_CHECKING:
    from assistant.answers.drafts import Decided, DraftView

NOTHING_NEW = "Nothing new to learn from it."
AS_IT_WAS = "You left it as it was, which confirms how it was written."
"""Said of lessons that changed nothing yet."""


def print_draft(view: DraftView, version: int | None = None) -> None:
    """A draft drawn, or one version of it."""
    from assistant.cli.drafts.page import page  # weight: Rich

    print_parts(page(view, version))


def print_decided(decided: Decided | None, view: DraftView, as_json: bool) -> None:
    """What came of an edit; `None` where nothing was changed."""
    if as_json:
        print_json(view if decided is None else decided)
        return
    if decided is None:
        say("Nothing was changed.")
        return
    line = decided.draft.line
    say(f"Draft {line.id} has version {decided.draft.current.number}, yours.")
    print_lesson(decided)
    say(f"What you changed: telos drafts diff {line.id}. To have it final: telos drafts approve {line.id}.")


def print_lesson(decided: Decided) -> None:
    """One line, once."""
    if decided.lesson is not None:
        silent = AS_IT_WAS if decided.lesson.origin == "accepted" else NOTHING_NEW
        say(f"{decided.lesson.line or silent}  Undo: {decided.lesson.undo}")
