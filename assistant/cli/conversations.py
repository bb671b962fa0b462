"""`telos conversations ...` and `telos playbooks`: what was talked about, and how conversations are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import JsonOption, ago, client_from, count, print_json, print_table, say

if TYPE_CHECKING:
    from assistant.answers.chat import ConversationLine

app = typer.Typer(
    help="Past conversations: list, show, search and delete them. `telos chat` holds one.", no_args_is_help=True
)

Number = Annotated[int, typer.Argument(help="The conversation's number, as `list` shows it.", metavar="ID", min=1)]


@app.command("list")
def list_conversations(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="So many, the latest first.", min=1, max=1000)] = 20,
    as_json: JsonOption = False,
) -> None:
    """The last conversations. `telos chat --session ID` goes on with one.

    Example: telos conversations list --limit 50
    """
    with client_from(context) as client:
        lines = client.conversations.recent(limit)
    if as_json:
        print_json(lines)
        return
    print_table(
        ("ID", "Last", "Turns", "Playbook", "Goal", "About"), map(_row, lines), empty="Nothing was talked about yet."
    )


@app.command()
def show(context: typer.Context, conversation: Number, as_json: JsonOption = False) -> None:
    """A conversation whole, as Markdown, with its sources.

    Example: telos conversations show 12
    """
    with client_from(context) as client:
        if as_json:
            print_json(client.conversations.show(conversation))
        else:
            say(client.conversations.text(conversation).rstrip())


@app.command()
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Words that were said, by you or in a reply.")],
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    as_json: JsonOption = False,
) -> None:
    """Find what was said in past conversations.

    Example: telos conversations search "ferry to Bilbao"
    """
    with client_from(context) as client:
        found = client.conversations.search(query, limit)
    if as_json:
        print_json(found)
        return
    for one in found:
        say(f"{one.conversation}, turn {one.number}  {one.title} · {one.at.astimezone():%Y-%m-%d}")
        say(f"    {'you' if one.speaker == 'user' else 'Telos'}: {' '.join(one.snippet.split())}\n")
    if not found:
        say("Nothing was found.")


@app.command()
def delete(
    context: typer.Context,
    conversation: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a conversation with its turns. Its goal and what was learned from it stay.

    Example: telos conversations delete 12
    """
    with client_from(context) as client:
        line = client.conversations.show(conversation).line
        if not yes:
            asked = f"Delete conversation {line.id}, {line.title!r}, with {count(line.turns, 'turn')}?"
            typer.confirm(asked, abort=True, err=True)
        client.conversations.delete(conversation)
    say(f"Conversation {line.id} is deleted.")


def playbooks(context: typer.Context, as_json: JsonOption = False) -> None:
    """How conversations can be held: ours, and your own as TOML files in the folder `playbooks` beside config.toml.

    Example: telos playbooks
    """
    with client_from(context) as client:
        lines = client.conversations.playbooks()
    if as_json:
        print_json(lines)
        return
    rows = [(line.name, line.title + (" (yours)" if line.is_own else ""), line.about) for line in lines]
    print_table(("Name", "What it is", "What for"), rows)


def _row(line: ConversationLine) -> tuple[str, ...]:
    goal = f"{line.goal_id} {line.goal_status}".strip() if line.goal_id else ""
    turns = f"{line.turns}, waits" if line.is_waiting else str(line.turns)
    return str(line.id), ago(line.last_at), turns, line.playbook, goal, line.title
