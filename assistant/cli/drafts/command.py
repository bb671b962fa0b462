"""`telos drafts ...`: what Telos drafts, and the user's word on it: edit, approve, reject, send.

Beginning, editing and sending have modules of their own (`new`, `edit`, `send`).
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from assistant.cli import exports
from assistant.cli.drafts import new as draft_new
from assistant.cli.drafts.answer import print_decided, print_draft, print_lesson
from assistant.cli.drafts.new import Kind
from assistant.cli.screen import JsonOption, client_from, console, print_json, print_parts, print_table, say
from assistant.errors import NotFound

if TYPE_CHECKING:
    from assistant.answers.drafts import ShapeName

app = typer.Typer()

DraftNumber = Annotated[
    int, typer.Argument(help="The draft's number, as `telos drafts` lists it.", metavar="ID", min=1)
]
VersionOption = Annotated[
    int | None, typer.Option("--version", help="An earlier version; the last without it.", metavar="N", min=1)
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
PastedOption = Annotated[
    bool, typer.Option("--pasted", help="It is not your own writing: keep it, and learn nothing from it.")
]


class State(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


StateOption = Annotated[State | None, typer.Option(help="Only those in this state.")]
KindOption = Annotated[Kind | None, typer.Option(help="Only those of this kind.")]
LimitOption = Annotated[int, typer.Option(help="So many, the last changed first.", min=1, max=10_000)]


@app.callback(invoke_without_command=True)
def drafts(
    context: typer.Context,
    state: StateOption = None,
    kind: KindOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Drafts of mail, replies, documents and notes. What you change in one, the next one has from the start.

    Examples: telos drafts, telos drafts --state open, telos drafts new mail --to ann@example.org, telos drafts edit 3
    """
    if context.invoked_subcommand is None:
        _list(context, state, kind, limit, as_json)


@app.command("list")
def list_drafts(
    context: typer.Context,
    state: StateOption = None,
    kind: KindOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """The drafts, the last changed first: which are open, how many gaps each has, how sending them went.

    Example: telos drafts list --state open --kind mail
    """
    _list(context, state, kind, limit, as_json)


app.command()(draft_new.new)


@app.command()
def show(
    context: typer.Context, draft: DraftNumber, version: VersionOption = None, as_json: JsonOption = False
) -> None:
    """A draft's text with its gaps marked, the preferences it was written by with their numbers, and how it stands.

    Example: telos drafts show 3
    """
    with client_from(context) as client:
        view = client.drafts.show(draft)
    if version is not None and version not in {one.number for one in view.versions}:
        raise NotFound(f"Draft {draft} has no version {version}.", f"It has versions 1 to {len(view.versions)}.")
    if as_json:
        print_json(view if version is None else next(one for one in view.versions if one.number == version))
    else:
        print_draft(view, version)


@app.command()
def edit(
    context: typer.Context,
    draft: DraftNumber,
    text: Annotated[
        str,
        typer.Option(
            help="The text as you want it, in a file, without an editor; - for standard input.", metavar="FILE"
        ),
    ] = "",
    subject: Annotated[str | None, typer.Option(help="Another subject.", metavar="TEXT")] = None,
    yes: YesOption = False,
    pasted: PastedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Change a draft in your editor ($VISUAL, $EDITOR). What you change is learned, and said in one line with its undo.

    Every version is kept. If something is in the way, what you wrote stays in a file, and you are told where.

    Examples: telos drafts edit 3    telos drafts edit 3 --text final.txt    telos drafts edit 3 --text - --pasted < reply.txt
    """
    from assistant.cli.drafts.edit import edit_as_given, edit_in_editor

    with client_from(context) as client:
        view = client.drafts.show(draft)
    if text or subject is not None:
        decided = edit_as_given(context, view, text, subject, is_sure=yes, teaches=not pasted, as_json=as_json)
    else:
        decided = edit_in_editor(context, view, is_sure=yes, teaches=not pasted, as_json=as_json)
    print_decided(decided, view, as_json)


@app.command()
def diff(
    context: typer.Context,
    draft: DraftNumber,
    before: Annotated[
        int | None, typer.Option("--from", help="The version before; Telos's last without it.", metavar="V", min=1)
    ] = None,
    after: Annotated[
        int | None, typer.Option("--to", help="The version after; the last without it.", metavar="V", min=1)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What was changed in a draft, word by word, and what was learned from it.

    In colour what is gone is struck through and what is new underlined; without, they stand in [-gone-] and {+new+}.

    Example: telos drafts diff 3
    """
    with client_from(context) as client:
        found = client.drafts.diff(draft, before, after)
    if as_json:
        print_json(found)
        return
    from assistant.cli.drafts.page import diff_page  # weight: Rich

    print_parts(diff_page(found, console()))


@app.command()
def approve(context: typer.Context, draft: DraftNumber, as_json: JsonOption = False) -> None:
    """Your word that a draft is final. It is learned from, and nothing is sent.

    Example: telos drafts approve 3
    """
    with client_from(context) as client:
        decided = client.drafts.approve(draft)
    if as_json:
        print_json(decided)
        return
    line = decided.draft.line
    say(f"Draft {line.id} is approved. Nothing was sent.")
    if line.kind in ("mail", "reply"):
        say(f"To send it: telos drafts send {line.id}. To have it as a file: telos drafts export {line.id} FILE.eml")
    else:
        say(f"To have it as a file: telos drafts export {line.id} FILE")
    print_lesson(decided)


@app.command()
def reject(context: typer.Context, draft: DraftNumber, as_json: JsonOption = False) -> None:
    """Your word that a draft is not wanted. It is kept, and nothing is learned from it.

    Example: telos drafts reject 3
    """
    with client_from(context) as client:
        view = client.drafts.reject(draft)
    if as_json:
        print_json(view)
    else:
        say(f"Draft {view.line.id} is rejected. It teaches nothing.")


@app.command()
def send(
    context: typer.Context,
    draft: DraftNumber,
    again: Annotated[bool, typer.Option("--again", help="Although it was sent already, or may have been.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send an approved mail, after you were shown to whom. Nothing else in Telos sends a draft.

    Where it cannot go out now, it waits in the outbox; `telos drafts show` says how it stands.

    Example: telos drafts send 3
    """
    from assistant.cli.drafts.send import confirmed, told

    with client_from(context) as client:
        view = client.drafts.show(draft)
    if not yes:
        confirmed(view, as_json)
    with client_from(context) as client:
        line = client.drafts.send(draft, again=again)
    if as_json:
        print_json(line)
    else:
        say(told(line))


@app.command()
def export(
    context: typer.Context,
    draft: DraftNumber,
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output without it.")] = None,
    version: VersionOption = None,
) -> None:
    """Write a draft as the file's ending says: .txt, .md, .html, or .eml, the message that mail programs open.

    Without one of these a mail is written as its message, and all else as markdown.

    Examples: telos drafts export 3 reply.eml    telos drafts export 4 report.html
    """
    with client_from(context) as client:
        exported = client.drafts.export(draft, version, _shape(file))
    if file is None:
        print(exported, end="" if exported.endswith("\n") else "\n")
        return
    with exports.written(file) as target:
        target.write(exported)
    say(f"Wrote {file}.")


def _shape(file: Path | None) -> ShapeName | None:
    """What a file's ending says, where it is one of ours."""
    from assistant.answers.drafts import ShapeName  # weight: pydantic

    ending = file.suffix.lower().lstrip(".") if file is not None else ""
    return next((shape for shape in get_args(ShapeName) if shape == {"htm": "html"}.get(ending, ending)), None)


def _list(context: typer.Context, state: State | None, kind: Kind | None, limit: int, as_json: bool) -> None:
    with client_from(context) as client:
        lines = client.drafts.list(state=state.value if state else None, kind=kind.value if kind else None, limit=limit)
    if as_json:
        print_json(lines)
        return
    from assistant.cli.drafts.page import row, tally  # weight: Rich

    print_table(
        ("ID", "Kind", "State", "To", "Subject", "Versions", "Gaps", "Changed"),
        map(row, lines),
        empty='No drafts yet. Begin one: telos drafts new mail --to ann@example.org --point "the ferry runs again"',
    )
    if waiting := tally(lines):
        say(f"\n{waiting}")
