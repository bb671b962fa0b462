"""`telos digest ...`: the morning digest on the command line."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from assistant.cli.screen import JsonOption, client_from, console, count, print_json, print_table, progress_bar, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.digest import DigestLine, MuteKindName, Timing, VerbName
    from assistant.digest.view import DigestView

app = typer.Typer(
    help="The morning digest: preview, send, read, and teach it with more, less, keep, drop and mute.",
    no_args_is_help=True,
)

Number = Annotated[int, typer.Argument(help="The number of the entry in the digest.", metavar="N", min=1)]
DigestOption = Annotated[
    datetime | None,
    typer.Option(
        "--digest", help="The digest of this day instead of the last one sent.", metavar="DATE", formats=["%Y-%m-%d"]
    ),
]
Day = Annotated[datetime | None, typer.Argument(help="Its day, such as 2026-11-20.", formats=["%Y-%m-%d"])]


class EntryPart(StrEnum):
    STORY = "story"
    SOURCE = "source"
    AUTHOR = "author"


@app.command()
def preview(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show the digest as it would be now. Nothing is marked or sent.

    Example: telos digest preview
    """
    with client_from(context) as client, progress_bar("Digest") as progress:
        view = client.digest.preview(progress)
    _print(view, as_json)


@app.command()
def send(
    context: typer.Context,
    again: Annotated[bool, typer.Option("--again", help="Make another one, though today has a digest.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build today's digest and deliver it now. It then counts as today's: no other comes by itself.

    Example: telos digest send
    """
    with client_from(context) as client, progress_bar("Digest") as progress:
        line = client.digest.send(again=again, on_progress=progress)
    _print_delivery(line, as_json)


@app.command()
def show(context: typer.Context, day: Day = None, as_json: JsonOption = False) -> None:
    """Read the last digest that was sent, or the one of a day.

    Example: telos digest show 2026-11-20
    """
    with client_from(context) as client:
        view = client.digest.show(_date(day))
    _print(view, as_json)


@app.command()
def edit(
    context: typer.Context,
    day: Day = None,
    text: Annotated[
        str, typer.Option("--text", help="The edited text in a file, - for standard input: no editor.", metavar="FILE")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Teach it in your editor: write an entry as you would like it, take out entries and sections you want less or none of.

    Example: telos digest edit 2026-11-20
    """
    from assistant.cli.digest_edit import correct, told

    done = correct(context, _date(day), text, is_sure=yes)
    if as_json:
        print_json(done)
    elif done is None:
        say("Nothing was changed.")
    else:
        told(done)


@app.command("list")
def list_digests(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="So many, the newest first.", min=1, max=1000)] = 14,
    as_json: JsonOption = False,
) -> None:
    """The last digests, and what became of each.

    Example: telos digest list --limit 30
    """
    with client_from(context) as client:
        lines = client.digest.recent(limit)
        next_one = client.digest.timing()
    if as_json:
        print_json(lines)
        return
    from assistant.cli.digest_page import row  # weight: Rich

    print_table(("day", "delivery", "entries", "when", ""), map(row, lines), empty="No digest was made yet.")
    say(f"\n{_when(next_one)}")


@app.command()
def resend(context: typer.Context, day: Day = None, as_json: JsonOption = False) -> None:
    """Deliver the last digest, or the one of a day, once more. Its Message-ID stays, so mail programs know it again.

    Example: telos digest resend 2026-11-20
    """
    with client_from(context) as client:
        line = client.digest.resend(_date(day))
    _print_delivery(line, as_json)


@app.command()
def pause(
    context: typer.Context,
    until: Annotated[
        datetime, typer.Option(help="The day on which it comes again.", metavar="DATE", formats=["%Y-%m-%d"])
    ],
    as_json: JsonOption = False,
) -> None:
    """Let no digest come by itself until a day. Sources are read all the same.

    Example: telos digest pause --until 2026-12-01
    """
    with client_from(context) as client:
        timing = client.digest.pause(until.date())
    _print_timing(timing, as_json)


@app.command()
def resume(context: typer.Context, as_json: JsonOption = False) -> None:
    """End a pause now.

    Example: telos digest resume
    """
    with client_from(context) as client:
        timing = client.digest.resume()
    _print_timing(timing, as_json)


@app.command()
def more(context: typer.Context, number: Number, digest: DigestOption = None, as_json: JsonOption = False) -> None:
    """More like entry N, from tomorrow on.

    Example: telos digest more 3
    """
    _say_word(context, "more", number, digest, as_json)


@app.command()
def less(context: typer.Context, number: Number, digest: DigestOption = None, as_json: JsonOption = False) -> None:
    """Less like entry N, from tomorrow on.

    Example: telos digest less 3
    """
    _say_word(context, "less", number, digest, as_json)


@app.command()
def keep(context: typer.Context, number: Number, digest: DigestOption = None, as_json: JsonOption = False) -> None:
    """Entry N was worth keeping: the strongest word for it.

    Example: telos digest keep 3
    """
    _say_word(context, "keep", number, digest, as_json)


@app.command()
def drop(context: typer.Context, number: Number, digest: DigestOption = None, as_json: JsonOption = False) -> None:
    """Entry N should not have been there: the strongest word against it.

    Example: telos digest drop 3
    """
    _say_word(context, "drop", number, digest, as_json)


@app.command()
def undo(context: typer.Context, as_json: JsonOption = False) -> None:
    """Take back the last more, less, keep, drop or mute. Repeat it to take back the one before.

    Example: telos digest undo
    """
    with client_from(context) as client:
        undone = client.digest.undo()
    if as_json:
        print_json(undone)
    else:
        say(f"Taken back: {undone.what} {undone.name!r}.")


@app.command()
def mute(
    context: typer.Context,
    number: Annotated[int | None, typer.Argument(help="An entry of the digest.", metavar="N", min=1)] = None,
    by: Annotated[EntryPart, typer.Option(help="What of entry N: its story, its source, or its author.")] = (
        EntryPart.STORY
    ),
    word: Annotated[str | None, typer.Option(help="Leave out what has this word or phrase.")] = None,
    author: Annotated[str | None, typer.Option(help="Leave out what this author wrote.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Leave out what this source brings; it is read all the same.")
    ] = None,
    digest: DigestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Never show a story, a source, an author or a word again. `telos digest mutes` lists them, `unmute` ends one.

    Examples: telos digest mute 3    telos digest mute 3 --by source    telos digest mute --word "box office"
    """
    named: list[tuple[MuteKindName, str | None]] = [("word", word), ("author", author), ("source", source)]
    values = [(kind, value) for kind, value in named if value is not None]
    if (number is not None) + len(values) != 1:
        raise BadRequest("Name one thing to be muted.", "An entry's number, or one of --word, --author and --source.")
    with client_from(context) as client:
        if number is not None:
            muted = client.digest.mute_entry(by.value, number, _date(digest))
        else:
            [(kind, value)] = values
            muted = client.digest.mute(kind, value)
    if as_json:
        print_json(muted)
    else:
        say(f"Muted the {muted.kind} {muted.name!r}. `telos digest unmute {muted.id}` ends it.")


@app.command()
def mutes(context: typer.Context, as_json: JsonOption = False) -> None:
    """What is muted, with the numbers that `unmute` takes.

    Example: telos digest mutes
    """
    with client_from(context) as client:
        muted = client.digest.mutes()
    if as_json:
        print_json(muted)
        return
    rows = ((str(mute.id), mute.kind, mute.name, f"{mute.since:%Y-%m-%d}") for mute in muted)
    print_table(("number", "kind", "name", "since"), rows, empty="Nothing is muted.")


@app.command()
def unmute(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="Its number in `telos digest mutes`.", metavar="NUMBER")],
    as_json: JsonOption = False,
) -> None:
    """End a mute.

    Example: telos digest unmute 2
    """
    with client_from(context) as client:
        muted = client.digest.unmute(number)
    if as_json:
        print_json(muted)
    else:
        say(f"The {muted.kind} {muted.name!r} is heard again.")


def _say_word(context: typer.Context, verb: VerbName, number: int, digest: datetime | None, as_json: bool) -> None:
    with client_from(context) as client:
        spoken = client.digest.say(verb, number, _date(digest))
    if as_json:
        print_json(spoken)
        return
    before = " You said so before; it counts once." if spoken.was_said_before else " `telos digest undo` takes it back."
    say(f"{verb.capitalize()}: {spoken.title!r}, entry {spoken.number} of {spoken.day}.{before}")


def _print(view: DigestView, as_json: bool) -> None:
    if as_json:
        from assistant.digest.view import to_json

        print_json(to_json(view))
        return
    from assistant.cli.digest_page import page  # weight: Rich

    console().print(page(view))


def _print_delivery(line: DigestLine, as_json: bool) -> None:
    if as_json:
        print_json(line)
        return
    what = f"The digest of {line.day} with {count(line.entries, 'entry', 'entries')}"
    match line.state:
        case "sent":
            say(f"{what} was sent to {line.recipient}.")
        case "queued":
            say(f"{what} waits in the outbox and will be tried again. {line.error or ''}".strip())
        case _:
            say(f"{what}: {line.state}. {line.error or ''}".strip())


def _print_timing(timing: Timing, as_json: bool) -> None:
    if as_json:
        print_json(timing)
    else:
        say(_when(timing))


def _when(timing: Timing) -> str:
    paused = f"Paused; it comes again on {timing.paused_until}. " if timing.paused_until else ""
    if timing.next_at is None:
        return f"{paused}No digest comes by itself: [digest] days is empty."
    return f"{paused}The next digest comes at {timing.next_at.astimezone(ZoneInfo(timing.zone)):%a %d %b %Y, %H:%M} ({timing.zone})."


def _date(day: datetime | None) -> date | None:
    return day.date() if day else None
