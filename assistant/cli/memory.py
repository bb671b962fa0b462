"""`telos memory ...`: everything Telos has read or was given, on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import exports, facts, item_facts
from assistant.cli.screen import JsonOption, client_from, count, print_json, print_table, progress_bar, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.memory import Answers, EraseRequest, HitLine, Query
    from assistant.client import Client

app = typer.Typer(
    help="Memory: search, add, import, export, forget and erase what was read; and the facts about you.",
    no_args_is_help=True,
)
app.add_typer(facts.app, name="facts")

ItemNumber = Annotated[int, typer.Argument(help="The item's number, as search shows it.", metavar="ITEM", min=1)]
Moment = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]


@app.command()
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="What you look for, in your own words.")] = "",
    queries: Annotated[
        Path | None, typer.Option(help='Answer many: a file of lines {"id", "query"}.', metavar="FILE.jsonl")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only from this source.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind: article, paper, note, ...")] = None,
    language: Annotated[str | None, typer.Option(help="Only in this language: en, de, zh, ...")] = None,
    since: Annotated[datetime | None, typer.Option(help="Published on this day or later.", formats=Moment)] = None,
    until: Annotated[datetime | None, typer.Option(help="Published before this day.", formats=Moment)] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 10,
    as_json: JsonOption = False,
) -> None:
    """Find what was read, by words and by meaning, each hit with its reasons.

    Example: telos memory search "dialogue planning" --since 2026-11-01
    """
    from assistant.answers.memory import Filters, Query

    filters = Filters(source=source, kind=kind, language=language, since=since, until=until)
    if bool(query) == (queries is not None):
        raise BadRequest("Give either a query or --queries FILE.jsonl.")
    with client_from(context) as client:
        if queries is not None:
            _answer_many(client, queries, Query(query="-", filters=filters, limit=limit))
            return
        answers = client.memory.search(Query(query=query, filters=filters, limit=limit))
    if as_json:
        print_json(answers)
    else:
        _print_hits(answers)


@app.command()
def add(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The text, or - to read it from stdin.")],
    title: Annotated[str, typer.Option(help="What it is about.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Keep a text of your own.

    Example: telos memory add "The key of the shed is with Ana." --title Keys
    """
    from assistant.answers.memory import Note

    written = sys.stdin.read() if text == "-" else text
    if not written.strip():
        raise BadRequest("There is no text to keep.")
    with client_from(context) as client, progress_bar("Indexing") as progress:
        added = client.memory.add(Note(text=written, title=title))
        client.memory.index(progress)
    if as_json:
        print_json(added)
    else:
        say(f"Kept as item {added.item_id}.")


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help='Lines {"ref", "text", "time"?, "author"?, "thread"?, "kind"?}.')],
    as_json: JsonOption = False,
) -> None:
    """Import texts from a JSONL file. Importing a file again changes nothing; another text under a ref is a new version.

    Example: telos memory import notes.jsonl
    """
    with client_from(context) as client, progress_bar("Import") as progress:
        done = client.memory.import_lines(_lines(file), progress)
        indexed = client.memory.index(progress)
    for problem in done.problems:
        print(problem, file=sys.stderr)
    if as_json:
        print_json({**done.model_dump(), "waiting": indexed.waiting, "why": indexed.why})
        return
    say(f"{done.new} new, {done.updated} updated, {done.unchanged} as before, {len(done.problems)} passed over.")
    if indexed.waiting:
        say(f"{indexed.waiting} are found by their words alone for now: {indexed.why}")


@app.command()
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to; stdout without it.")] = None,
) -> None:
    """Write everything that is kept as JSON lines, which import takes back.

    Example: telos memory export everything.jsonl
    """
    with client_from(context) as client, nullcontext(sys.stdout) if file is None else exports.written(file) as target:
        for line in client.memory.export():
            target.write(line.model_dump_json() + "\n")


@app.command()
def show(context: typer.Context, item: ItemNumber, as_json: JsonOption = False) -> None:
    """Show an item with its whole text.

    Example: telos memory show 42
    """
    with client_from(context) as client:
        view = client.memory.show(item)
    if as_json:
        print_json(view)
        return
    whose = "to you" if view.to_me else "by you" if view.by_me else ""
    origin = [view.source, view.kind, f"{view.published:%Y-%m-%d}", *view.authors, whose, view.url]
    title = [view.title] if view.title else []  # a post has none
    told = [*title, " · ".join(filter(None, origin)), *item_facts.lines(view.details), "", view.text]
    if best := item_facts.comments(view.details):
        told += ["", "Best comments:", *best]
    say("\n".join(told))
    if view.is_hidden:
        say(f"\nForgotten. Bring it back with: telos memory forget {item} --undo")


@app.command()
def forget(
    context: typer.Context,
    item: ItemNumber,
    undo: Annotated[bool, typer.Option("--undo", help="Bring it back.")] = False,
) -> None:
    """Hide an item from search and learning. It stays on disk and can be brought back; `erase` removes for good.

    Example: telos memory forget 42
    """
    with client_from(context) as client:
        if undo:
            client.memory.remember(item)
            say(f"Item {item} is back.")
        else:
            client.memory.forget(item)
            say(f"Item {item} is forgotten. Undo with: telos memory forget {item} --undo")


@app.command()
def retention(context: typer.Context, as_json: JsonOption = False) -> None:
    """What becomes of what was read, by kind, and when.

    The rules are `shorten_days` and `keep_days` in your configuration, under memory.

    Example: telos memory retention
    """
    with client_from(context) as client:
        told = client.memory.retention()
    if as_json:
        print_json(told)
        return
    print_table(
        ("Kind", "Items", "Shortened", "Shortens after", "Next", "Deletes after", "Next"),
        (
            (
                one.kind,
                str(one.items),
                str(one.shortened),
                *(_days(one.shorten_days), f"{one.shortens_next:%Y-%m-%d}" if one.shortens_next else ""),
                *(_days(one.keep_days), f"{one.deletes_next:%Y-%m-%d}" if one.deletes_next else ""),
            )
            for one in told.lines
        ),
        empty="Nothing is kept that the rules apply to.",
    )
    say(
        f"Conversations are deleted: {_days(told.keeps_conversations_days)}; the log of models: {_days(told.keeps_calls_days)}."
    )


@app.command()
def private(
    context: typer.Context,
    items: Annotated[list[int] | None, typer.Argument(help="Numbers of items.", metavar="ITEM...")] = None,
    fact: Annotated[list[int] | None, typer.Option(help="The number of a fact, as often as you like.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Take the mark away.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Mark items and facts as private: they leave in no mail, no draft, no answer to another program. Without numbers, list.

    Example: telos memory private 42 --fact 3
    """
    from assistant.answers.memory import SetPrivate

    if off and not (items or fact):
        raise BadRequest(
            "Nothing is named from which to take the mark.",
            "Example: telos memory private 42 --off. Without --off it lists.",
        )
    with client_from(context) as client:
        if items or fact:
            wish = SetPrivate(items=items or [], facts=fact or [], is_private=not off)
            held = client.memory.set_private(wish)
        else:
            held = client.memory.list_private()
    if as_json:
        print_json(held)
        return
    print_table(
        ("Private", "Kind", "What it says"),
        (
            (f"{mark.kind} {mark.id}", mark.what or "-", mark.title or "(erased: the mark stands on nothing)")
            for mark in held.marks
        ),
        empty="Nothing is marked as private.",
    )
    for mark in held.marks:
        if mark.notice:
            say(mark.notice)


@app.command()
def erase(
    context: typer.Context,
    item: Annotated[int | None, typer.Argument(help="An item's number.", metavar="ITEM")] = None,
    source: Annotated[str | None, typer.Option(help="All that came from this source.", metavar="NAME")] = None,
    person: Annotated[str | None, typer.Option(help="All by this person or naming them.", metavar="NAME")] = None,
    before: Annotated[str | None, typer.Option(help="All published before this day.", metavar="DATE")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove for good, from every table, index, copy and log, and prove it by reading every file for the words.

    Example: telos memory erase --source "Old forum"
    """
    request = _erase_request(item, source, person, before)
    with client_from(context) as client:
        found = client.memory.estimate(request).items
        if not yes:
            what = f"{count(found, 'item')}, and what was said, drafted and learned of them,"
            typer.confirm(f"Erase {what} for good? This cannot be undone.", abort=True, err=True)
        with progress_bar("Erase") as progress:
            done = client.memory.erase(request, progress)
    if as_json:
        print_json(done)
    else:
        say(
            f"{done.items} items, {done.entries} digest entries, {done.turns} turns of conversations and {done.copies} "
            "copies of digests are gone."
        )
        if done.drafts or done.lessons:
            say(f"{count(done.drafts, 'draft')} went with them, and what {count(done.lessons, 'lesson')} had taught.")
        say(f"{done.files} files were read for {done.probes} of their words: {len(done.found)} still hold some.")
        for line in [*done.found, *done.notices]:
            say(line)
    if done.found:
        raise typer.Exit(1)


@app.command()
def reindex(context: typer.Context, as_json: JsonOption = False) -> None:
    """Embed everything with the embedder that the configuration names; until that is done the one before serves.

    Example: telos memory reindex
    """
    with client_from(context) as client, progress_bar("Reindex") as progress:
        done = client.memory.reindex(progress)
    if as_json:
        print_json(done)
    else:
        say(f"{done.embedded} texts were embedded; {done.slug} serves.")


def _days(days: int) -> str:
    return f"{days} days" if days else "never"


def _erase_request(item: int | None, source: str | None, person: str | None, before: str | None) -> EraseRequest:
    """The one thing that is to be erased."""
    from assistant.answers.memory import EraseRequest

    options: dict[str, Any] = {"item": item, "source": source, "person": person, "before": before}
    given = [(what, str(name)) for what, name in options.items() if name is not None]
    if len(given) != 1:
        raise BadRequest("Say what to erase: an ITEM, --source NAME, --person NAME or --before DATE, one of them.")
    what, name = given[0]
    return EraseRequest.model_validate({"what": what, "name": name})


def _answer_many(client: Client, file: Path, pattern: Query) -> None:
    """One JSON line for each line of the file, in its order."""
    for number, asked in _queries(file):
        try:
            query = pattern.model_copy(update={"query": str(asked["query"])})
            answers = client.memory.search(query)
        except (KeyError, TypeError) as err:
            raise BadRequest(f'Line {number} of {file} is not of the form {{"id", "query"}}.') from err
        line = {"id": asked.get("id"), "query": query.query, **answers.model_dump(mode="json")}
        print(json.dumps(line, ensure_ascii=False), flush=True)


def _queries(file: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(_lines(file), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as err:
                raise BadRequest(f"Line {number} of {file} is no JSON: {err}.") from err


def _lines(file: Path) -> Iterator[str]:
    """The lines of a file of the user's, which may begin with a byte order mark."""
    try:
        with file.open(encoding="utf-8-sig") as lines:
            yield from lines
    except OSError as err:
        raise BadRequest(f"{file} cannot be read: {err.strerror}.") from err
    except UnicodeDecodeError as err:
        raise BadRequest(f"{file} is not written in UTF-8: {err.reason} at byte {err.start}.") from err


def _print_hits(answers: Answers) -> None:
    for hit in answers.hits:
        _print_hit(hit)
    if not answers.hits:
        say("Nothing was found.")
    for notice in answers.notices:
        print(notice, file=sys.stderr)


def _print_hit(hit: HitLine) -> None:
    facts = [hit.source, f"{hit.published:%Y-%m-%d}", *hit.authors[:3], hit.url]
    say(f"{hit.item_id}  {hit.title or hit.ref}")
    say(f"    {' · '.join(fact for fact in facts if fact)}")
    say(f"    {'; '.join(hit.reasons)}")
    say(f"    {hit.snippet}\n")
