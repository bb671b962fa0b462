"""A goal drawn in the terminal: its line, its card with the words that show each thing, its scores and its history.

It knows the answers' models and Rich. `telos goals` and `/card` in a conversation print it; all of it is outside text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from assistant.cli.screen import ago, count, harmless

if TYPE_CHECKING:
    from assistant.answers.goals import Card, Evidence, GoalLine, GoalVersionLine, GoalView, ScoreLine, Value

STATUS_STYLES = {"open": "cyan", "achieved": "green", "abandoned": "dim", "expired": "yellow"}
LONGEST_QUOTE = 120


def goal_page(view: GoalView) -> Iterator[Text]:
    """Everything of a goal but its history."""
    line = view.line
    yield Text(f"Goal {line.id}  ", style="bold") + Text(harmless(line.statement), style="bold")
    yield Text("  ") + status_of(line) + Text(harmless(f" · {' · '.join(_facts(view))}"), style="dim")
    yield from card_page(view.card)
    if view.items:
        yield _heading("Items")
        yield from (
            Text(harmless(f"  {item.item_id}  {item.title} · {item.reason}"), overflow="fold") for item in view.items
        )
    if view.scores:
        yield _heading("Scores")
        yield Text(
            f"  last: {view.scores[-1].overall:.1f} of 10, {ago(view.scores[-1].at)}; `telos goals score` judges anew"
        )


def card_page(card: Card) -> Iterator[Text]:
    """The card: criteria, constraints, decisions, facts, questions."""
    if card.criteria:
        yield _heading("Criteria")
    for criterion in card.criteria:
        yield Text("  ✓ " if criterion.is_met else "  · ", style="green" if criterion.is_met else "dim") + Text(
            harmless(criterion.text)
        )
        yield from _quotes(criterion.evidence)
    if card.constraints:
        yield _heading("Constraints")
    for constraint in card.constraints:
        yield Text(harmless(f"  ! {constraint.text}"))
        yield from _quotes(constraint.evidence)
    yield from _values("Decisions", card.decisions)
    yield from _values("Facts", card.facts)
    if card.questions:
        yield _heading("Open questions")
    for question in card.questions:
        yield Text(harmless(f"  ? {question.text}"), style="yellow" if question.is_contradiction else "")


def history_page(history: Sequence[GoalVersionLine]) -> Iterator[Text]:
    """Each version of a card: when, why, and what it changed."""
    for version in history:
        head = Text(f"{version.number:>4}  {version.at.astimezone():%Y-%m-%d %H:%M}  ", style="dim")
        yield head + Text(harmless(version.why))
        yield from (Text(harmless(f"        {change}")) for change in version.changes)


def score_page(score: ScoreLine) -> Iterator[Text]:
    """A judgement: met or unmet for each criterion, with the words that show it."""
    yield Text(f"{score.overall:.1f} of 10", style="bold") + Text(harmless(f"  judged by {score.judge}"), style="dim")
    for verdict in score.verdicts:
        mark = Text("  ✓ ", style="green") if verdict.is_met else Text("  ✗ ", style="red")
        why = f" ({verdict.why})" if verdict.why else ""
        yield mark + Text(harmless(verdict.criterion)) + Text(harmless(why), style="dim")
        for quote, turn in zip(verdict.quotes, verdict.turns or [0] * len(verdict.quotes), strict=False):
            yield Text(harmless(f'      "{_short(quote)}"') + (f"  turn {turn}" if turn else ""), style="dim italic")
    given = {name: value for name, value in score.dimensions.items() if value is not None}
    if given:
        yield Text("  " + ", ".join(f"{harmless(name)} {value:g}" for name, value in given.items()), style="dim")


def goal_row(line: GoalLine) -> tuple[str | Text, ...]:
    """A goal as a row of `telos goals`."""
    return (
        str(line.id),
        status_of(line),
        progress_of(line),
        _deadline(line.deadline) if line.deadline else "",
        ago(line.changed_at),
        line.statement,
    )


def status_of(line: GoalLine) -> Text:
    named = f"{line.status}, standing" if line.is_standing else line.status
    return Text(named, style=STATUS_STYLES[line.status])


def progress_of(line: GoalLine) -> str:
    """`2 of 6`: of its criteria, as many are met."""
    return f"{line.criteria_met} of {line.criteria}" if line.criteria else "-"


def _facts(view: GoalView) -> Iterator[str]:
    line, card = view.line, view.card
    yield f"{progress_of(line)} criteria met"
    if card.deadline:
        yield f"due {_deadline(card.deadline)}"
    turns = f" of {card.turn_budget}" if card.turn_budget else ""
    yield f"{line.turns_used}{turns} turns"
    tokens = f" of {card.token_budget}" if card.token_budget else ""
    yield f"{line.tokens_used}{tokens} tokens"
    if line.conversations:
        noun = "conversation" if len(line.conversations) == 1 else "conversations"
        yield f"{noun} {', '.join(map(str, line.conversations))}"
    yield f"version {view.version}"


def _deadline(deadline: datetime) -> str:
    return f"{deadline.astimezone():%Y-%m-%d} ({ago(deadline)})"


def _values(heading: str, values: Sequence[Value]) -> Iterator[Text]:
    if values:
        yield _heading(heading)
    for value in values:
        earlier = f"  (before: {', '.join(value.earlier)})" if value.earlier else ""
        yield Text(harmless(f"  {value.slot}: {value.value}")) + Text(harmless(earlier), style="dim")
        yield from _quotes([value.evidence])


def _quotes(evidence: Sequence[Evidence]) -> Iterator[Text]:
    for one in evidence:
        where = f"  {one.speaker}, turn {one.turn}" if one.turn else "  given with the goal"
        yield Text(harmless(f'      "{_short(one.quote)}"{where}'), style="dim italic")


def _short(quote: str) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def goal_summary(line: GoalLine) -> str:
    """A goal in half a line, for the foot of a conversation."""
    share = f" · {count(line.criteria_met, 'criterion', 'criteria')} of {line.criteria} met" if line.criteria else ""
    return f"{line.statement}{share}" if line.status == "open" else f"{line.statement} · {line.status}"
