"""`telos sources`: what Telos reads.

Files named on the command line are read here and sent along, because the service may run where it cannot see them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import exports
from assistant.cli.mail import wait_for
from assistant.cli.screen import JsonOption, ago, client_from, count, print_failure, print_json, print_table, say
from assistant.cli.source_questions import answered, is_a_person_there, open_questions
from assistant.errors import BadRequest, TelosError

if TYPE_CHECKING:
    from assistant.answers.sources import Added, Addition, SourceLine, Tried, TriedItem
    from assistant.client import Client

app = typer.Typer(
    help="Sources: what Telos reads. Add, test, list, pause, import and export them.", no_args_is_help=True
)

_SHOWN_ITEMS = 10
_SHOWN_TEXT = 200
_SHOWN_TITLE = 100
_LARGEST = 10 * 2**20

Name = Annotated[str, typer.Argument(help="The source's name, as `telos sources list` shows it.")]


@app.command("list")
def list_sources(context: typer.Context, as_json: JsonOption = False) -> None:
    """Every source, and how it fares.

    Example: telos sources list --json
    """
    with client_from(context) as client:
        lines = client.sources.list()
    if as_json:
        print_json(lines)
        return
    columns = ("name", "kind", "health", "last answer", "last new item", "address")
    empty = "There are no sources yet. Add one: telos sources add feeds https://example.org/feed.xml"
    print_table(columns, (_row(line) for line in lines), empty=empty)
    for line in lines:
        for remark in filter(None, (line.sentence, *line.notices)):
            say(f"{line.name}: {remark}")


@app.command("try")
def try_documents(
    context: typer.Context,
    documents: Annotated[list[str], typer.Argument(metavar="URL|FILE...", help="Feeds: addresses or local files.")],
    as_json: JsonOption = False,
) -> None:
    """Show what documents would bring. Nothing is kept, and no configuration is needed.

    One line of JSON a document with --json; a document that cannot be read is said, and the next one is tried.

    Example: telos sources try https://example.org/feed.xml saved.xml --json
    """
    with client_from(context) as client:
        for name in documents:
            tried = _try(client, name)
            if as_json:
                print(tried.model_dump_json(), flush=True)
            else:
                _show(tried)


@app.command("test")
def ask(context: typer.Context, name: Name, as_json: JsonOption = False) -> None:
    """Ask a source for what it has now. Nothing is kept.

    Example: telos sources test the-verge
    """
    with client_from(context) as client:
        tested = client.sources.test(name)
    if as_json:
        print_json(tested)
        return
    say(f"{tested.name} answers with {count(len(tested.items), 'item')}.")
    _show_items(tested.items)
    for notice in tested.notices:
        say(notice)


@app.command("kinds")
def list_kinds(context: typer.Context, as_json: JsonOption = False) -> None:
    """The kinds of source there are, and what each asks for.

    Example: telos sources kinds
    """
    with client_from(context) as client:
        kinds = client.sources.kinds()
    if as_json:
        print_json(kinds)
        return
    for one in kinds:
        say(one.kind)
        for question in one.questions:
            say(f"    {question.question}", hang=2)


@app.command()
def add(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="feeds, arxiv, or another that `telos sources kinds` shows.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ADDRESS|CATEGORY]...", help="Where a feed is, or what to follow.")
    ] = None,
    name: Annotated[str, typer.Option(help="What to call it; its own title, if left out.")] = "",
    keys: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another key of the source, in TOML.")
    ] = None,
    is_untested: Annotated[bool, typer.Option("--untested", help="Do not ask it first whether it answers.")] = False,
) -> None:
    """Add a source to the configuration, once it has answered. In a terminal it asks for what you leave out.

    Examples:

      telos sources add slack

      telos sources add feeds https://example.org/feed.xml

      telos sources add arxiv cs.CL cs.AI --name papers

      telos sources add feeds https://example.org/feed.xml --set full_text=true --set first_run_days=2
    """
    from assistant.answers.sources import Addition

    addition = Addition(
        kind=kind,
        arguments=[_absolute(argument) for argument in arguments or ()],
        name=name,
        keys=dict(_key(pair) for pair in keys or ()),
        is_tested=not is_untested,
    )
    with client_from(context) as client:
        added = _added(client, addition)
    if added.items is not None:
        say(f"It answers, with {count(added.items, 'item')} to begin with{':' if added.titles else '.'}")
    for title in added.titles:
        say(f"  {title[:_SHOWN_TITLE]}", hang=2)
    for notice in added.notices:
        say(notice)
    for file in added.files:
        say(f"The secret is kept in {file}, which only you can read.")
    say(f"Added {added.name} ({added.kind}).")
    if added.advice:
        say(added.advice)


@app.command()
def rename(context: typer.Context, name: Name, new: Annotated[str, typer.Argument(help="Its new name.")]) -> None:
    """Give a source another name; what it brought goes with it.

    Example: telos sources rename the-verge verge
    """
    with client_from(context) as client:
        line = client.sources.rename(name, new)
    say(f"{name} is now called {line.name}.")


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Take a source out of the configuration. What it brought stays in memory.

    Example: telos sources remove the-verge
    """
    with client_from(context) as client:
        client.sources.remove(name)
    say(f"{name} is no longer read. `telos memory erase --source` would also take away what it brought.")


@app.command()
def pause(context: typer.Context, name: Name) -> None:
    """Stop reading a source until `telos sources resume`.

    Example: telos sources pause the-verge
    """
    with client_from(context) as client:
        client.sources.pause(name)
    say(f"{name} is paused. `telos sources resume` goes on with it.")


@app.command()
def resume(context: typer.Context, name: Name) -> None:
    """Go on reading a paused source.

    Example: telos sources resume the-verge
    """
    with client_from(context) as client:
        client.sources.resume(name)
    say(f"{name} is read again.")


@app.command("import")
def import_opml(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE.opml")], as_json: JsonOption = False
) -> None:
    """Add the feeds of an OPML file, as other readers export it. Its folders become sections of the digest.

    Example: telos sources import subscriptions.opml
    """
    with client_from(context) as client:
        imported = client.sources.import_opml(_content(file))
    if as_json:
        print_json(imported)
        return
    for name in imported.added:
        say(f"Added {name}.")
    for address in imported.known:
        say(f"Left out {address}: it is a source already.")
    say(f"{count(len(imported.added), 'feed')} added, {len(imported.known)} known before.")


@app.command("export")
def export_opml(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE.opml", help="Standard output, if left out.")] = None,
) -> None:
    """Write the feeds as OPML, for other readers.

    Example: telos sources export subscriptions.opml
    """
    with client_from(context) as client:
        exported = client.sources.export_opml()
    if file is None:
        print(exported.opml, end="")
    else:
        with exports.written(file) as target:
            target.write(exported.opml)
        say(f"Wrote {file}.")
    if exported.left_out:
        typer.echo(f"Left out, for they have no public address: {', '.join(exported.left_out)}.", err=True)


def _added(client: Client, addition: Addition) -> Added:
    """Add it; where a person is there, ask for what is missing, and again while the source does not answer."""
    if not is_a_person_there():
        return client.sources.add(addition)
    kind = client.sources.kind(addition.kind)
    given = {*addition.keys, *([kind.first_key] if addition.arguments else ())}
    asked = open_questions(kind, given)
    if not asked:
        return _logged_in_and_added(client, addition)
    answers: dict[str, str] = {}
    while True:
        answers = answered(kind, asked, answers)
        try:
            return _logged_in_and_added(client, addition.model_copy(update={"answers": answers}))
        except TelosError as err:
            print_failure(err)
            if not typer.confirm("Change your answers and try again?", default=True):
                raise typer.Exit(1) from err


def _logged_in_and_added(client: Client, addition: Addition) -> Added:
    """Add it; a source that logs in by a code is logged in first, or it could not answer."""
    from assistant.answers.sources import AnsweredAddition

    if not addition.is_tested:
        say("Adding it ...")
        return client.sources.add(addition)
    if (asked := client.sources.begin_login(addition).asked) is not None:
        wait_for(
            asked,
            lambda answered: client.sources.finish_login(AnsweredAddition(addition=addition, answered=answered)),
            again="Add the source again for another one.",
        )
        say("You are logged in.")
    say("Asking it ...")
    return client.sources.add(addition)


def _row(line: SourceLine) -> tuple[str, ...]:
    return (line.name, line.kind, line.health, ago(line.last_success_at), ago(line.last_new_item_at), line.address)


def _try(client: Client, name: str) -> Tried:
    """What comes of a document, also where it is a file that cannot be read."""
    from assistant.answers.sources import Document, Tried

    if name.lower().startswith(("http://", "https://")):
        return client.sources.try_document(Document(name=name))
    try:
        document = Document.of_file(name, _content(Path(name)))
    except BadRequest as err:
        return Tried(document=name, error=err.sentence)
    return client.sources.try_document(document)


def _content(file: Path) -> bytes:
    try:
        with file.expanduser().open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except (OSError, ValueError) as err:
        raise BadRequest(f"The file {file} cannot be read: {getattr(err, 'strerror', None) or err}.") from err
    if len(content) > _LARGEST:
        raise BadRequest(f"The file {file} is larger than {_LARGEST // 2**20} MB.")
    return content


def _show(tried: Tried) -> None:
    if tried.error is not None:
        say(f"{tried.document}: {tried.error}")
        return
    say(f"{tried.document}: {tried.kind}, {count(len(tried.items), 'item')}")
    _show_items(tried.items)


def _show_items(items: list[TriedItem]) -> None:
    for item in items[:_SHOWN_ITEMS]:
        date = f"{item.published:%Y-%m-%d}" if item.published else "no date"
        say(f"  {date}  {item.title or item.text[:60] or item.id}")
        if item.authors:
            say(f"              by {', '.join(item.authors)}")
        if item.text:
            say(f"              {' '.join(item.text.split())[:_SHOWN_TEXT]}")
        say(f"              {item.url}")
    if len(items) > _SHOWN_ITEMS:
        say(f"  and {len(items) - _SHOWN_ITEMS} more")


def _key(pair: str) -> tuple[str, Any]:
    """`KEY=VALUE`, the value in TOML, or as it stands where it is none."""
    import tomllib

    key, equals, value = pair.partition("=")
    if not equals or not key.strip():
        raise BadRequest(f"--set {pair} is no KEY=VALUE.", "Write it like --set full_text=true.")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def _absolute(argument: str) -> str:
    """A local file by its absolute path: the service has another working directory."""
    path = Path(argument).expanduser()
    return str(path.absolute()) if path.is_file() else argument
