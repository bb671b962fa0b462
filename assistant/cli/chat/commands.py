"""The slash commands of a conversation: one function each, in a table that `/help` and the completion read.

They know the talk, its client and what is printed; the keyboard is `cli.chat.input`'s. A command that fails says so and
leaves the conversation as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.padding import Padding
from rich.text import Text

from assistant.answers.chat import Cited, Opinion
from assistant.answers.goals import GoalEnd
from assistant.cli import exports
from assistant.cli.card_page import card_page, goal_summary, score_page
from assistant.cli.chat.talk import Talk
from assistant.cli.screen import harmless
from assistant.errors import BadRequest, NotFound, TelosError

SHOWN_CHARACTERS = 1500
"""Of an item that is opened; `telos memory show` prints the whole."""


class Leave(Exception):
    """The user ends the conversation for now."""


@dataclass(frozen=True, slots=True)
class Command:
    """`argument` is what may follow the name, as `/help` shows it."""

    argument: str
    help: str
    run: Callable[[Talk, str], None]


def run_command(talk: Talk, line: str) -> None:
    """Do what a line that begins with a slash says.

    Raises: Leave; BadRequest for a name that there is none of, or what the service fails with.
    """
    name, _, argument = line.strip().partition(" ")
    command = COMMANDS.get(name.lower())
    if command is None:
        near = [known for known in COMMANDS if known.startswith(name)] or ["/help"]
        raise BadRequest(f"There is no command {name}.", f"Did you mean {near[0]}? /help lists them all.")
    command.run(talk, argument.strip())


def _help(talk: Talk, _: str) -> None:
    for name, command in COMMANDS.items():
        talk.print(Text(f"  {f'{name} {command.argument}':<19}", style="cyan") + Text(command.help))
    talk.print(
        Text(
            "  Enter sends. Alt+Enter, or \\ before Enter, begins a new line. Ctrl-C stops a reply, Ctrl-D leaves.",
            "dim",
        )
    )


def _goal(talk: Talk, statement: str) -> None:
    if statement:
        talk.set_goal(statement)
    if talk.goal is not None:
        talk.print(Text(harmless(f"Goal {talk.goal.id}: {goal_summary(talk.goal)}")))
    elif not talk.goal_to_come:
        talk.print(Text("This conversation has no goal. Give it one: /goal 5 days in Europe, moderate budget"))
    else:
        talk.print(Text(harmless(f"The goal, from your next message on: {talk.goal_to_come}")))


def _card(talk: Talk, _: str) -> None:
    view = talk.client.goals.show(_goal_id(talk))
    talk.goal = view.line
    parts = list(card_page(view.card)) or [Text("Nothing is on its card yet.", style="dim")]
    talk.print(Text(harmless(f"Goal {view.line.id}: {goal_summary(view.line)}"), style="bold"), *parts)


def _done(talk: Talk, note: str) -> None:
    _end(talk, GoalEnd(outcome="achieved", note=note))


def _fail(talk: Talk, note: str) -> None:
    _end(talk, GoalEnd(outcome="abandoned", note=note))


def _end(talk: Talk, end: GoalEnd) -> None:
    view = talk.client.goals.end(_goal_id(talk), end)
    talk.goal = view.line
    talk.print(Text(harmless(f"Goal {view.line.id} is {view.line.status}, on your word: {view.line.statement}")))
    if view.scores:
        talk.print(*score_page(view.scores[-1]))


def _more(talk: Talk, _: str) -> None:
    _opinion(talk, Opinion(verdict="more"), "Noted: more replies like this one.")


def _less(talk: Talk, _: str) -> None:
    _opinion(talk, Opinion(verdict="less"), "Noted: fewer replies like this one.")


def _opinion(talk: Talk, opinion: Opinion, said: str) -> None:
    conversation, number = _answered(talk)
    talk.client.conversations.opinion(conversation, number, opinion)
    talk.print(Text(said, style="dim"))


def _edit(talk: Talk, _: str) -> None:
    from assistant.cli.chat.reply_edit import edit_reply  # weight: the editor and the answers on drafts

    decided = edit_reply(talk, *_answered(talk))
    if decided is None or decided.question:
        talk.print(Text("Nothing was changed.", style="dim"))
    elif decided.lesson is not None:
        line = decided.lesson.line or "Nothing new to learn from it."
        talk.print(Text(harmless(line), style="magenta") + Text(harmless(f"  {decided.lesson.undo}"), style="dim"))


def _undo(talk: Talk, _: str) -> None:
    conversation, _number = _answered(talk)
    undone = talk.client.conversations.undo(conversation)
    talk.resume(talk.client.conversations.show(conversation))
    said = " ".join(undone.said.split())
    shown = said if len(said) <= 60 else f"{said[:60]}…"
    talk.print(Text(harmless(f'Taken back: turn {undone.number}, "{shown}"')))
    talk.print(*(Text(harmless(f"  goal: {change}"), style="cyan") for change in undone.changes))


def _retry(talk: Talk, _: str) -> None:
    _answered(talk)
    talk.say(retry=True)


def _explain(talk: Talk, how: str) -> None:
    _, number = _answered(talk)
    talk.explain(number, whole=how == "all")


def _remember(talk: Talk, text: str) -> None:
    if not text:
        raise BadRequest("There is nothing to remember.", "Example: /remember I never fly overnight")
    fact = talk.client.facts.add(text)
    talk.print(Text(harmless(f"Remembered as fact {fact.id}: {fact.text}"), style="magenta"))


def _facts(talk: Talk, _: str) -> None:
    facts = talk.client.facts.every()
    for fact in facts:
        before = f"; before: {fact.before[0].text}" if fact.before else ""
        since = harmless(f"  since {fact.valid_from:%Y-%m-%d}{before}")
        talk.print(Text(harmless(f"{fact.id:>4}  {fact.text}")) + Text(since, "dim"))
    if not facts:
        talk.print(Text("Nothing is known about you yet. Tell it, or use /remember.", style="dim"))


def _forget(talk: Talk, number: str) -> None:
    if not number.isdecimal():
        raise BadRequest("Say which fact is to be forgotten, by its number.", "/facts shows them: /forget 3")
    forgotten = talk.client.facts.forget(int(number))
    talk.print(Text(harmless(f"Forgotten: {forgotten.text}"), style="magenta"))


def _open(talk: Talk, argument: str) -> None:
    number, _, where = argument.replace("[", "").replace("]", "").partition(" ")
    cited = next((one for one in _citations(talk) if str(one.number) == number), None)
    if cited is None:
        raise _not_cited(talk, number)
    if where == "browser":
        _browse(talk, cited)
    elif cited.kind == "item":
        _show_item(talk, cited)
    else:
        when = f", {cited.at:%Y-%m-%d}" if cited.at else ""
        said = {"turn": "Said in a conversation", "fact": "A fact about you"}[cited.kind]
        talk.print(
            Text(harmless(f"[{cited.number}] {cited.title}"), style="bold"), Text(f"    {said}{when}", style="dim")
        )


def _not_cited(talk: Talk, number: str) -> TelosError:
    known = [str(one.number) for one in _citations(talk)]
    if not known:
        return NotFound("The last reply cites nothing that could be opened.")
    remedy = f"It cites {', '.join(known)}: /open {known[0]}"
    if not number:
        return BadRequest("Say which source is to be opened, by its number.", remedy)
    return NotFound(f"The last reply cites no number {number}.", remedy)


def _show_item(talk: Talk, cited: Cited) -> None:
    item = talk.client.memory.show(cited.id)
    facts = [f"item {item.item_id}", item.source, f"{item.published:%Y-%m-%d}", *item.authors[:3]]
    text = harmless(item.text)
    talk.print(Text(harmless(f"[{cited.number}] {item.title or cited.title}"), style="bold"))
    talk.print(Text(harmless("    " + " · ".join(fact for fact in facts if fact)), style="dim"))
    if item.url:
        talk.print(Text(harmless(f"    {item.url}"), style="blue", overflow="fold"))
    talk.print(Padding(Text(text[:SHOWN_CHARACTERS] + ("…" if len(text) > SHOWN_CHARACTERS else "")), (1, 0, 1, 4)))
    if len(text) > SHOWN_CHARACTERS:
        talk.print(Text(f"    The whole: telos memory show {item.item_id}", style="dim"))


def _browse(talk: Talk, cited: Cited) -> None:
    """Only for the web: other schemes start other programs."""
    import webbrowser

    if not cited.url.lower().startswith(("http://", "https://")):
        raise BadRequest(f"Number {cited.number} has no address on the web.", f"/open {cited.number} shows it here.")
    talk.print(Text(harmless(f"Opening {cited.url}"), style="dim"))
    webbrowser.open(cited.url)


def _save(talk: Talk, name: str) -> None:
    conversation, _ = _answered(talk)
    _write(talk, name or f"telos-conversation-{conversation}.md", talk.client.conversations.text(conversation))


def _patch(talk: Talk, name: str) -> None:
    conversation, number = _answered(talk)
    file = name or f"telos-{conversation}-{number}.patch"
    _write(talk, file, talk.client.conversations.patch(conversation, number))
    talk.print(Text(harmless(f"Look at it, then: git apply {file}"), style="dim"))


def _write(talk: Talk, name: str, text: str) -> None:
    """Write a file that is not there yet; nothing of the user's is written over."""
    path = Path(name).expanduser()
    with exports.written(path, is_new=True) as file:
        file.write(text)
    talk.print(Text(harmless(f"Written: {path}"), style="dim"))


def _answered(talk: Talk) -> tuple[int, int]:
    """The conversation and the number of its last turn."""
    if talk.conversation is None or talk.turn is None:
        raise BadRequest("Nothing was said in this conversation yet.")
    return talk.conversation, talk.turn.number


def _goal_id(talk: Talk) -> int:
    if talk.goal is None:
        raise BadRequest("This conversation has no goal.", "Give it one: /goal 5 days in Europe, moderate budget")
    return talk.goal.id


def _citations(talk: Talk) -> list[Cited]:
    return talk.turn.citations if talk.turn is not None else []


def _quit(talk: Talk, _: str) -> None:
    raise Leave


COMMANDS: dict[str, Command] = {
    "/help": Command("", "these commands", _help),
    "/goal": Command("[TEXT]", "the goal; with a text, set or change it", _goal),
    "/card": Command("", "the goal's card: criteria, decisions, open questions", _card),
    "/done": Command("[NOTE]", "the goal is achieved", _done),
    "/fail": Command("[NOTE]", "the goal is given up", _fail),
    "/more": Command("", "more replies like the last one", _more),
    "/less": Command("", "fewer replies like the last one", _less),
    "/edit": Command("", "the last reply in your editor: write it as you would like it", _edit),
    "/undo": Command("", "take back the last turn, and what it changed", _undo),
    "/retry": Command("", "have the last message answered anew", _retry),
    "/explain": Command("[all]", "what was in the prompt, why, and what was left out", _explain),
    "/open": Command("N [browser]", "what the number [N] of the last reply stands for", _open),
    "/remember": Command("TEXT", "keep a fact about you", _remember),
    "/forget": Command("N", "forget a fact about you", _forget),
    "/facts": Command("", "what is known about you", _facts),
    "/save": Command("[FILE]", "write this conversation to a file", _save),
    "/patch": Command("[FILE]", "write the patch in the last reply to a file", _patch),
    "/quit": Command("", "leave; the conversation stays", _quit),
}
