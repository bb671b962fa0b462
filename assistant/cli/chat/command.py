"""`telos chat`: a conversation in the terminal, or one message through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import Invocation, JsonOption, client_from, console, harmless, print_json, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.chat import Done, Start
    from assistant.cli.chat.talk import Talk

INTERRUPTED = 130
"""The exit status of what Ctrl-C ended: 128 and the number of its signal."""

PlaybookOption = Annotated[
    str, typer.Option("--playbook", help="How it is held, as `telos playbooks` lists them.", metavar="NAME")
]
AttachOption = Annotated[
    list[Path] | None,
    typer.Option("--attach", help="A file or folder to read along, read-only; may be repeated.", metavar="PATH"),
]
SensitiveOption = Annotated[
    bool,
    typer.Option("--sensitive", help="Nothing is tried out or trained on it; the arrow keys never bring it back."),
]


def chat(
    context: typer.Context,
    session: Annotated[
        int | None, typer.Option("--session", help="Go on with this conversation.", metavar="ID", min=1)
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Go on with the last conversation.")] = False,
    playbook: PlaybookOption = "",
    goal: Annotated[str, typer.Option("--goal", help="What the conversation is to reach.", metavar="TEXT")] = "",
    attach: AttachOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="After each turn: what was in the prompt, why, and what was left out.")
    ] = False,
    sensitive: SensitiveOption = False,
    as_json: JsonOption = False,
) -> None:
    """Talk with Telos. It keeps the goal, cites what it knows, and stops at Ctrl-C; /help shows its commands.

    A message through a pipe is answered, and that is all.

    Examples: telos chat --playbook travel --goal "5 days in Europe, moderate budget"
    telos chat --last --explain    echo "And by train?" | telos chat --last --json
    """
    if session is not None and last:
        raise BadRequest("--session and --last name two conversations.", "Give one of them.")
    goes_on = session is not None or last
    if goes_on and (playbook or goal or attach or sensitive):
        raise BadRequest(
            "A conversation that is there keeps its playbook, goal and files.",
            "Leave --session and --last out to begin another; /goal changes the goal.",
        )
    is_piped = not sys.stdin.isatty()
    if not is_piped and (as_json or not sys.stdout.isatty()):
        raise BadRequest(
            "A conversation needs a terminal at both ends.",
            'Or pass one message through a pipe: echo "And by train?" | telos chat --last --json',
        )
    message = _piped() if is_piped else ""
    start = start_of(playbook, goal, attach or [], is_sensitive=sensitive)
    with talk_of(context, start, is_explained=explain, as_json=as_json) as talk:
        if goes_on:
            conversations = talk.client.conversations
            talk.resume(conversations.show(session) if session is not None else conversations.last())
        if is_piped:
            answer_once(talk, message, as_json=as_json, is_explained=explain)
        else:
            _converse(talk)


def start_of(playbook: str, goal: str, attach: list[Path], *, is_sensitive: bool) -> Start:
    """How a conversation begins, with the files read."""
    from assistant.answers.chat import Attachment, Start
    from assistant.cli.chat.files import read_files

    given = read_files(attach)
    if given.notice:
        print(given.notice, file=sys.stderr)
    return Start(
        playbook=playbook,
        goal=goal,
        attachments=[Attachment(path=path, text=text) for path, text in given.files],
        is_sensitive=is_sensitive,
        origin="cli",
    )


def answer_once(talk: Talk, message: str, *, as_json: bool, is_explained: bool) -> None:
    """Send one message, print its reply with its sources, or everything about the turn as JSON."""
    from assistant.cli.chat.page import plain_reply

    done = talk.say(message)
    if done is None:
        raise typer.Exit(INTERRUPTED)
    if as_json:
        print_json(_as_plain(talk, done, is_explained=is_explained))
    elif talk.is_quiet:
        say(plain_reply(done))
        for notice in done.notices:
            print(harmless(notice), file=sys.stderr)
        if is_explained:
            talk.explain(done.turn.number)


def _as_plain(talk: Talk, done: Done, *, is_explained: bool) -> dict[str, object]:
    whole: dict[str, object] = done.model_dump(mode="json", exclude={"event"})
    if is_explained:
        whole["explanation"] = talk.client.conversations.explain(done.conversation, done.turn.number)
    return whole


def _piped() -> str:
    from assistant.cli.chat.message import piped_message

    return piped_message()


@contextmanager
def talk_of(context: typer.Context, start: Start, *, is_explained: bool, as_json: bool) -> Iterator[Talk]:
    """A talk with the service; live where stdout is a terminal and no JSON is wanted."""
    from assistant.cli.chat.page import LiveReply, PlainReply
    from assistant.cli.chat.talk import Talk

    screen = console()
    is_live = screen.is_terminal and not screen.is_dumb_terminal and not as_json
    home = context.ensure_object(Invocation).find_home()
    page = (lambda: LiveReply(screen)) if is_live else PlainReply
    with client_from(context) as client:
        talk = Talk(client, home, screen, page, start=start, is_explained=is_explained, is_quiet=not is_live)
        try:
            yield talk
        finally:
            talk.client.close()  # another than the first, where the service was restarted


def _converse(talk: Talk) -> None:
    from assistant.cli.chat.loop import converse

    converse(talk)
