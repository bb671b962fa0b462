"""`telos drafts new`: what is to be said, from options, a pipe, a mail that is answered. `command` has the other commands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.drafts.answer import print_decided, print_draft
from assistant.cli.screen import JsonOption, client_from, print_json, progress_bar, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.drafts import NewDraft


class Kind(StrEnum):
    MAIL = "mail"
    REPLY = "reply"
    DOCUMENT = "document"
    NOTE = "note"
    DIGEST = "digest"
    CHAT = "chat"


def new(
    context: typer.Context,
    kind: Annotated[
        Kind | None, typer.Argument(help="What it is to be; mail, or what --eml, --entry or --turn say, without it.")
    ] = None,
    stated: Annotated[
        list[str] | None, typer.Argument(help="What it is to say, a point each, as with --point.", metavar="point")
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help='To whom, such as "Ann Lee <ann@example.org>"; may be repeated.', metavar="ADDRESS"),
    ] = None,
    about: Annotated[str, typer.Option(help="What it is about, in your words.", metavar="TEXT")] = "",
    subject: Annotated[str, typer.Option(help="The subject, or the title.", metavar="TEXT")] = "",
    point: Annotated[
        list[str] | None, typer.Option(help="What it is to say; may be repeated, or piped, one a line.", metavar="TEXT")
    ] = None,
    item: Annotated[
        list[int] | None, typer.Option(help="An item of memory to write from; may be repeated.", metavar="ID", min=1)
    ] = None,
    fact: Annotated[
        list[int] | None, typer.Option(help="A fact about you to be said; may be repeated.", metavar="ID", min=1)
    ] = None,
    query: Annotated[str, typer.Option(help="Look for items to write from.", metavar="TEXT")] = "",
    eml: Annotated[
        str, typer.Option(help="The mail that is answered, as a file; - for standard input.", metavar="FILE")
    ] = "",
    entry: Annotated[int | None, typer.Option(help="An entry of the digest to write from.", metavar="N", min=1)] = None,
    digest: Annotated[
        datetime | None,
        typer.Option(help="The digest of this day instead of the last one.", metavar="DATE", formats=["%Y-%m-%d"]),
    ] = None,
    turn: Annotated[int | None, typer.Option(help="A turn whose reply becomes the draft.", metavar="N", min=1)] = None,
    conversation: Annotated[
        int | None, typer.Option(help="The conversation of that turn; the last one without it.", metavar="N", min=1)
    ] = None,
    language: Annotated[str, typer.Option(help="Its language, such as en or de.", metavar="CODE")] = "",
    edit: Annotated[bool, typer.Option("--edit", help="Open it in your editor at once.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Draft a mail, a reply, a document or a note, in the form that your edits taught. Gaps are marked [...].

    Nothing is made up: it says what you give it, as points (--point, after the kind, or piped, one a line), a mail to be answered (piped as well), items
    of memory, facts about you, an entry of the digest or a reply of a conversation.

    Examples:

      telos drafts new mail --to "Ann Lee <ann@example.org>" --subject Ferry --point "the ferry runs again on 1 May"

      telos drafts new reply --eml question.eml --point "yes, Thursday suits me"

      telos drafts new document --subject "Harbour works" --query "harbour works" --edit

      telos drafts new note < points.txt
    """
    said, answered = _brought(kind, eml)
    asked = _asked(
        {
            "kind": _kind(kind, answered is not None, entry, turn),
            "to": to or [],
            "about": about,
            "subject": subject,
            "points": [*(stated or []), *(point or []), *said],
            "items": item or [],
            "facts": fact or [],
            "query": query,
            "incoming": answered,
            "entry": entry,
            "day": digest.date() if digest else None,
            "turn": turn,
            "conversation": conversation,
            "language": language,
        }
    )
    with client_from(context) as client, progress_bar("Draft") as progress:
        view = client.drafts.new(asked, progress)
    if edit:
        from assistant.cli.drafts.edit import edit_in_editor

        if not as_json:
            say(f"Draft {view.line.id} is kept.")
        decided = edit_in_editor(context, view, is_sure=False, teaches=True, as_json=as_json)
        print_decided(decided, view, as_json)
        return
    if as_json:
        print_json(view)
        return
    print_draft(view)
    say(f"\nTo change it: telos drafts edit {view.line.id}. To have it final: telos drafts approve {view.line.id}.")


def _brought(kind: Kind | None, eml: str) -> tuple[list[str], str | None]:
    """What comes as a file or through a pipe: points, and the mail that is answered."""
    from assistant.cli import piped

    answered = piped.mail(eml) if eml else None
    if eml == piped.STDIN or not piped.is_piped():
        return [], answered
    raw = piped.content(piped.STDIN)
    if kind in (None, Kind.REPLY) and answered is None and piped.is_mail(raw):
        return [], piped.mail_of(raw, piped.STDIN)
    return piped.points(raw), answered


def _kind(kind: Kind | None, is_reply: bool, entry: int | None, turn: int | None) -> str:
    if kind is not None:
        return kind.value
    if is_reply:
        return "reply"
    if entry is not None:
        return "digest"
    return "chat" if turn is not None else "mail"


def _asked(wanted: dict[str, object]) -> NewDraft:
    """Raises: BadRequest for words of the command line that are not written in UTF-8."""
    from assistant.answers.drafts import NewDraft

    for name, value in wanted.items():
        for text in value if isinstance(value, list) else [value]:
            if name != "incoming" and isinstance(text, str) and any("\ud800" <= char <= "\udfff" for char in text):
                raise BadRequest(f"What was given as {name} is not written in UTF-8.", "Is your terminal set to UTF-8?")
    return NewDraft.model_validate(wanted)
