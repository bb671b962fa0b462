"""`telos profile ...`: what the user's edits taught, where it holds, how sure it is, and the user's word on it.

What it looks like is in `page`, what comes from files and goes to them in `files`, the cost of editing is
drawn in `cost_chart` and `cost_plot`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.profile import files as profile_files
from assistant.cli.screen import JsonOption, client_from, console, print_json, print_parts, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.profile import PreferenceEdit, PreferenceLine

app = typer.Typer()

PreferenceNumber = Annotated[
    int, typer.Argument(help="The preference's number, as `telos profile` lists it.", metavar="ID", min=1)
]
KindOption = Annotated[
    str | None, typer.Option("--kind", help="mail, reply, document, note, digest or chat.", metavar="KIND")
]
ReaderOption = Annotated[str | None, typer.Option("--to", help="A reader, by address or name.", metavar="ADDRESS")]
DomainOption = Annotated[
    str | None, typer.Option("--domain", help="Everybody at a domain, such as example.org.", metavar="DOMAIN")
]
SourceOption = Annotated[str | None, typer.Option("--source", help="Texts from this source.", metavar="NAME")]
DimensionOption = Annotated[
    str, typer.Option("--about", help="Only greeting, layout, ..., or those that begin so.", metavar="DIMENSION")
]
AllOption = Annotated[bool, typer.Option("--all", help="Also what holds no more, or was forgotten.")]
LimitOption = Annotated[int, typer.Option(help="So many, the latest first.", min=1, max=10_000)]


@app.callback(invoke_without_command=True)
def profile(
    context: typer.Context,
    kind: KindOption = None,
    to: ReaderOption = None,
    dimension: DimensionOption = "",
    everything: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """What your edits taught Telos: each preference with where it holds, how sure it is, and whether drafts follow it yet.

    Examples: telos profile, telos profile why 4, telos profile undo, telos profile cost
    """
    if context.invoked_subcommand is None:
        _list(context, kind, to, dimension, everything=everything, as_json=as_json)


@app.command("list")
def list_preferences(
    context: typer.Context,
    kind: KindOption = None,
    to: ReaderOption = None,
    dimension: DimensionOption = "",
    everything: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """The preferences: those that hold everywhere, then by kind of text, by reader, by subject.

    Examples: telos profile list --all    telos profile list --kind mail --to ann@example.org
    """
    _list(context, kind, to, dimension, everything=everything, as_json=as_json)


@app.command()
def why(context: typer.Context, preference: PreferenceNumber, as_json: JsonOption = False) -> None:
    """The edits behind a preference, in your own words, and what speaks against it.

    Example: telos profile why 4
    """
    with client_from(context) as client:
        view = client.profile.why(preference)
    if as_json:
        print_json(view)
        return
    from assistant.cli.profile.page import why_page  # weight: Rich

    print_parts(why_page(view))


@app.command()
def edit(
    context: typer.Context,
    preference: PreferenceNumber,
    value: Annotated[str | None, typer.Option("--value", help="What it is to be instead.", metavar="VALUE")] = None,
    kind: KindOption = None,
    to: ReaderOption = None,
    domain: DomainOption = None,
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a preference by your own word, which outranks every edit: its value, or where it holds. "" means anywhere.

    Examples: telos profile edit 4 --value "Hello {first},"    telos profile edit 4 --to "" --kind mail
    """
    from assistant.answers.profile import PreferenceEdit

    asked = PreferenceEdit(value=value, kind=kind, recipient=to, domain=domain, source=source)
    if asked == PreferenceEdit():
        raise BadRequest("Nothing was to be changed.", 'Say what: telos profile edit 4 --value "Hello {first},"')
    _change(context, preference, asked, "", as_json)


@app.command()
def pin(context: typer.Context, preference: PreferenceNumber, as_json: JsonOption = False) -> None:
    """Have a preference hold whatever later edits say.

    Example: telos profile pin 4
    """
    from assistant.answers.profile import PreferenceEdit

    _change(context, preference, PreferenceEdit(is_pinned=True), "Pinned. ", as_json)


@app.command()
def unpin(context: typer.Context, preference: PreferenceNumber, as_json: JsonOption = False) -> None:
    """Let edits decide on a preference again.

    Example: telos profile unpin 4
    """
    from assistant.answers.profile import PreferenceEdit

    _change(context, preference, PreferenceEdit(is_pinned=False), "Not pinned any more. ", as_json)


@app.command()
def add(
    context: typer.Context,
    dimension: Annotated[
        str, typer.Argument(help="What about a text: greeting, closing, layout, sentences, dates, term/OLD, ...")
    ],
    value: Annotated[str, typer.Argument(help="How you want it.")],
    kind: KindOption = None,
    to: ReaderOption = None,
    domain: DomainOption = None,
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """State a preference by hand. It is pinned, and holds where you say; everywhere, if you say nothing.

    {first}, {last} and {name} stand for the reader's name in a greeting, for yours in a signature.

    Examples: telos profile add greeting "Hi {first}," --kind mail    telos profile add layout bullets --kind document
    telos profile add contractions no    telos profile add term/utilize use
    """
    from assistant.answers.profile import NewPreference

    asked = NewPreference(
        dimension=dimension,
        value=value,
        kind=kind or "",
        recipient=to or "",
        domain=domain or "",
        source=source or "",
    )
    with client_from(context) as client:
        line = client.profile.state(asked)
    _print_line(line, "", as_json)


@app.command()
def undo(
    context: typer.Context,
    lesson: Annotated[
        int | None, typer.Argument(help="The lesson's number; the last one without it.", metavar="LESSON", min=1)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take a lesson back: everything is then as if it had not been. Without a number the last one that holds.

    Examples: telos profile undo    telos profile undo 7
    """
    with client_from(context) as client:
        taken_back = client.profile.undo(lesson)
    if as_json:
        print_json(taken_back)
    else:
        was = f" It was: {taken_back.line}" if taken_back.line else ""
        say(f"Lesson {taken_back.id} is taken back, as if it had not been.{was}")


@app.command()
def forget(context: typer.Context, preference: PreferenceNumber, as_json: JsonOption = False) -> None:
    """Forget a preference for good: the edits that taught it teach it no more. The drafts stay as they are.

    Example: telos profile forget 4
    """
    with client_from(context) as client:
        line = client.profile.forget(preference)
    _print_line(line, "Forgotten. ", as_json)


@app.command()
def history(
    context: typer.Context,
    preference: Annotated[
        int | None, typer.Argument(help="Of this preference; of all without it.", metavar="ID", min=1)
    ] = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """How the profile came to be what it is: what was learned, widened, weakened, pinned, when and by which lesson.

    Example: telos profile history 4
    """
    with client_from(context) as client:
        lines = client.profile.history(preference, limit)
    if as_json:
        print_json(lines)
        return
    from assistant.cli.profile.page import history_page  # weight: Rich

    print_parts(history_page(lines))


@app.command()
def lessons(context: typer.Context, limit: LimitOption = 50, as_json: JsonOption = False) -> None:
    """What was learned, an edit a line, with what it cost you and the command that takes it back.

    Example: telos profile lessons --limit 10
    """
    with client_from(context) as client:
        found = client.profile.lessons(limit)
    if as_json:
        print_json(found)
        return
    from assistant.cli.profile.page import lessons_page  # weight: Rich

    print_parts(lessons_page(found))


app.command()(profile_files.export)
app.command("import")(profile_files.import_)
app.command()(profile_files.learn)


@app.command()
def cost(
    context: typer.Context,
    kind: KindOption = None,
    to: ReaderOption = None,
    png: Annotated[Path | None, typer.Option("--png", help="Also as a picture.", metavar="FILE")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Also as a drawing.", metavar="FILE")] = None,
    as_json: JsonOption = False,
) -> None:
    """What your edits cost, draft by draft: the share of words you changed, and whether it falls as Telos learns.

    Examples: telos profile cost    telos profile cost --kind mail --to ann@example.org --png cost.png
    """
    with client_from(context) as client:
        points = client.profile.cost(kind or "", to or "")
    if png or svg:
        from assistant.cli.profile.cost_plot import draw  # weight: matplotlib

        for file in (png, svg):
            if file is not None:
                draw(points, file, "svg" if file is svg else "png")
    if as_json:
        print_json(points)
        return
    from assistant.cli.profile.cost_chart import chart  # weight: Rich

    screen = console()
    print_parts(chart(points, min(screen.width, 100)))
    for file in (png, svg):
        if file is not None:
            say(f"Wrote {file}.")


def _list(
    context: typer.Context, kind: str | None, to: str | None, dimension: str, *, everything: bool, as_json: bool
) -> None:
    with client_from(context) as client:
        lines = client.profile.every(kind=kind or "", to=to or "", dimension=dimension, with_retired=everything)
    if as_json:
        print_json(lines)
        return
    from assistant.cli.profile.page import list_page  # weight: Rich

    print_parts(list_page(lines))


def _change(context: typer.Context, preference: int, asked: PreferenceEdit, told: str, as_json: bool) -> None:
    with client_from(context) as client:
        line = client.profile.edit(preference, asked)
    _print_line(line, told, as_json)


def _print_line(line: PreferenceLine, told: str, as_json: bool) -> None:
    if as_json:
        print_json(line)
    else:
        say(f"{told}{line.id}  {line.says}, {line.scope.says}.")
