"""`telos goals ...`: what conversations are to reach, how far they are, and the user's word on it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.screen import Invocation, JsonOption, client_from, console, print_json, print_table, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.goals import GoalView

app = typer.Typer()

GoalNumber = Annotated[int, typer.Argument(help="The goal's number, as `telos goals` lists it.", metavar="ID", min=1)]
NoteOption = Annotated[str, typer.Option("--note", help="Why; kept with the goal.", metavar="TEXT")]
DeadlineOption = Annotated[
    str | None, typer.Option("--deadline", help="The day by which, such as 2026-12-01.", metavar="DATE")
]
TurnsOption = Annotated[int | None, typer.Option("--turns", help="At most so many turns.", metavar="N", min=0)]
TokensOption = Annotated[int | None, typer.Option("--tokens", help="At most so many tokens.", metavar="N", min=0)]


class Status(StrEnum):
    OPEN = "open"
    ACHIEVED = "achieved"
    ABANDONED = "abandoned"
    EXPIRED = "expired"


@app.callback(invoke_without_command=True)
def goals(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option(help="Only those of this status.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Goals: list them, or show, begin, edit, end, score one, and read its history.

    Examples: telos goals, telos goals --status open, telos goals show 3
    """
    if context.invoked_subcommand is not None:
        return
    with client_from(context) as client:
        lines = client.goals.list(status.value if status else None)
    if as_json:
        print_json(lines)
        return
    from assistant.cli.card_page import goal_row  # weight: Rich

    print_table(
        ("Goal", "Status", "Met", "Deadline", "Changed", "What"),
        map(goal_row, lines),
        empty='No goals yet. Begin one: telos chat --goal "5 days in Europe, moderate budget"',
    )


@app.command()
def show(context: typer.Context, goal: GoalNumber, as_json: JsonOption = False) -> None:
    """A goal's card: criteria with the words that met them, constraints, decisions, facts, open questions.

    Example: telos goals show 3
    """
    with client_from(context) as client:
        view = client.goals.show(goal)
    _print(view, as_json)


@app.command()
def new(
    context: typer.Context,
    statement: Annotated[str, typer.Argument(help="What is to be reached, in your words.")],
    criterion: Annotated[
        list[str] | None, typer.Option("--criterion", help="A line of the checklist; may be repeated.", metavar="TEXT")
    ] = None,
    constraint: Annotated[
        list[str] | None, typer.Option("--constraint", help="What must hold; may be repeated.", metavar="TEXT")
    ] = None,
    playbook: Annotated[str, typer.Option("--playbook", help="Whose criteria it begins with.", metavar="NAME")] = "",
    deadline: DeadlineOption = None,
    turns: TurnsOption = None,
    tokens: TokensOption = None,
    standing: Annotated[
        bool, typer.Option("--standing", help="Put new items that match it on its card and in the digest.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Begin a goal without a conversation. Criteria and constraints not given come from the playbook.

    Example: telos goals new "A talk on dialogue planning" --criterion "A title" --deadline 2026-12-01 --standing
    """
    from assistant.answers.goals import NewGoal
    from assistant.cli.goal_file import deadline_of

    asked = NewGoal(
        statement=statement,
        playbook=playbook,
        criteria=criterion or [],
        constraints=constraint or [],
        deadline=deadline_of(deadline),
        turn_budget=turns or None,
        token_budget=tokens or None,
        is_standing=standing,
    )
    with client_from(context) as client:
        view = client.goals.create(asked)
    _print(view, as_json)


@app.command()
def edit(
    context: typer.Context,
    goal: GoalNumber,
    statement: Annotated[str | None, typer.Option("--statement", help="Say it otherwise.", metavar="TEXT")] = None,
    add: Annotated[
        list[str] | None, typer.Option("--add", help="A criterion more; may be repeated.", metavar="TEXT")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="A criterion less, by its text.", metavar="TEXT")
    ] = None,
    value: Annotated[
        list[str] | None, typer.Option("--set", help="A value, such as budget=900; empty forgets it.", metavar="SLOT=X")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option("--deadline", help="A day such as 2026-12-01, or none.", metavar="DATE")
    ] = None,
    turns: TurnsOption = None,
    tokens: TokensOption = None,
    standing: Annotated[
        bool | None, typer.Option("--standing/--no-standing", help="Whether new items are put on its card.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Change a goal: by options, or without any in your editor ($EDITOR), as TOML. The version before is kept.

    Examples: telos goals edit 3    telos goals edit 3 --deadline 2026-12-01 --set budget="900 euros"
    """
    from assistant.answers.goals import GoalEdit

    options: dict[str, Any] = {
        "statement": statement,
        "turn_budget": turns,
        "token_budget": tokens,
        "is_standing": standing,
        **_deadline(deadline),
        **_values(value or []),
    }
    given = {name: one for name, one in options.items() if one is not None}
    with client_from(context) as client:
        view = client.goals.show(goal)
    if add or remove:
        given["criteria"] = _criteria(view, add or [], remove or [])
    if given:
        with client_from(context) as client:
            view = client.goals.edit(goal, GoalEdit.model_validate(given))
    elif (edited := _in_editor(context, view)) is not None:
        view = edited
    elif not as_json:
        say("Nothing was changed.")
        return
    _print(view, as_json)


@app.command()
def done(context: typer.Context, goal: GoalNumber, note: NoteOption = "", as_json: JsonOption = False) -> None:
    """Your word that a goal is achieved. It outranks every judge.

    Example: telos goals done 3 --note "Booked"
    """
    _end(context, goal, "achieved", note, as_json)


@app.command()
def fail(context: typer.Context, goal: GoalNumber, note: NoteOption = "", as_json: JsonOption = False) -> None:
    """Your word that a goal is given up. It outranks every judge.

    Example: telos goals fail 3 --note "Too expensive"
    """
    _end(context, goal, "abandoned", note, as_json)


@app.command()
def reopen(context: typer.Context, goal: GoalNumber, note: NoteOption = "", as_json: JsonOption = False) -> None:
    """Take a goal up again that was ended.

    Example: telos goals reopen 3
    """
    _end(context, goal, "open", note, as_json)


@app.command()
def score(context: typer.Context, goal: GoalNumber, as_json: JsonOption = False) -> None:
    """Have a goal judged from the transcript and its criteria alone, with verbatim quotes.

    Example: telos goals score 3
    """
    with client_from(context) as client:
        line = client.goals.score(goal)
    if as_json:
        print_json(line)
        return
    from assistant.cli.card_page import score_page  # weight: Rich

    for part in score_page(line):
        console().print(part)


@app.command()
def history(context: typer.Context, goal: GoalNumber, as_json: JsonOption = False) -> None:
    """What changed on a goal's card, when and why.

    Example: telos goals history 3
    """
    with client_from(context) as client:
        view = client.goals.show(goal)
    if as_json:
        print_json(view.history)
        return
    from assistant.cli.card_page import history_page  # weight: Rich

    for part in history_page(view.history):
        console().print(part)


def _end(context: typer.Context, goal: int, outcome: Any, note: str, as_json: bool) -> None:
    from assistant.answers.goals import GoalEnd

    with client_from(context) as client:
        view = client.goals.end(goal, GoalEnd(outcome=outcome, note=note))
    if as_json:
        print_json(view)
    else:
        say(f"Goal {view.line.id} is {view.line.status}: {view.line.statement}")


def _in_editor(context: typer.Context, view: GoalView) -> GoalView | None:
    """The goal as the user left it in their editor; `None` where they left it as it was. The service is free meanwhile."""
    from assistant.cli.editor import edited
    from assistant.cli.goal_file import as_toml, changed

    home = context.ensure_object(Invocation).find_home()
    with edited(as_toml(view), home.edits, f"goal-{view.line.id}.toml") as left:
        change = None if left is None else changed(view, left)
        if change is None:
            return None
        with client_from(context) as client:
            return client.goals.edit(view.line.id, change)


def _print(view: GoalView, as_json: bool) -> None:
    if as_json:
        print_json(view)
        return
    from assistant.cli.card_page import goal_page  # weight: Rich

    for part in goal_page(view):
        console().print(part)


def _criteria(view: GoalView, add: list[str], remove: list[str]) -> list[str]:
    """The whole list after some were added and removed."""
    texts = [one.text for one in view.card.criteria]
    for text in remove:
        if text not in texts:
            raise BadRequest(
                f"Goal {view.line.id} has no criterion {text!r}.", f"It has: {'; '.join(texts) or 'none'}."
            )
    return [*(text for text in texts if text not in remove), *add]


def _deadline(deadline: str | None) -> dict[str, Any]:
    from assistant.cli.goal_file import deadline_of

    if deadline is None:
        return {}
    day = deadline_of(deadline)
    return {"deadline": day} if day else {"clear_deadline": True}


def _values(pairs: list[str]) -> dict[str, Any]:
    for pair in pairs:
        if "=" not in pair:
            raise BadRequest(f"{pair!r} sets nothing.", "Write a slot and its value: --set budget=900")
    return {"values": dict(pair.split("=", 1) for pair in pairs)} if pairs else {}
