"""The goal itself said anew: its statement, its deadline, what else it is to reach. English, deadlines by date only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time

from assistant.answers.goals import Card
from assistant.sessions.heard import Quoted
from assistant.sessions.phrases import overlap
from assistant.sessions.rules import manner
from assistant.sessions.rules.days import days
from assistant.sessions.rules.message import Clause

_STATEMENT = re.compile(
    r"\b(?:(?:my|our|the) (?:new )?goal (?:is (?:now |really )?|has changed(?: to)?[: ]*|should (?:now )?be )(?:to )?|new goal:\s*|(?:let'?s )?change (?:the|my|our) goal (?:to|into)[: ]*"
    r"|forget (?:that|the \w+),? (?:i|we) (?:now )?(?:want|need) (?:to|you to) |mein (?:neues )?ziel ist |mon (?:nouvel )?objectif est |mi (?:nuevo )?objetivo es )(?P<goal>\S.{2,400})",
    re.IGNORECASE,
)
_DEADLINE = re.compile(
    r"\b(?:deadline|due|(?:need|have|want|finish|finished|ready|done|send|submit|decide|complete|pass|reach)\b[^,.;]{0,40}\b(?:by|before|until|no later than|at the latest)|(?:by|before|no later than) [^,.;]{2,30} at the latest|bis spätestens|frist|date limite|fecha límite|plazo)\b",
    re.IGNORECASE,
)
_NOT_THE_GOAL = re.compile(
    r"\b(?:leave|arrive|depart|return|be (?:home|back|there)|check (?:in|out)|fly|get (?:there|back|home)|travel)\b",
    re.IGNORECASE,
)
_ANOTHERS = re.compile(
    r"\b(?:he|she|they|him|her|them|who|somebody|someone|(?:my|the|our) [a-z]+ (?:should|must|has to|have to|will))\b[^.;]{0,40}$",
    re.IGNORECASE,
)
"""What somebody else is to have done by then."""
_CLOCK = re.compile(r"\bat (\d{1,2})(?::(\d\d))?\s*(am|pm)?\b", re.IGNORECASE)
_ADDED = re.compile(
    r"\b(?:(?:another|an additional|one more|a new) (?:criterion|requirement|goal|condition)(?: is)?[:,]?\s+(?:that )?|(?:add|include) (?:the|a|as a) (?:criterion|requirement|goal)[:,]?\s*(?:that )?|it is also (?:done|met) (?:only )?(?:when|if) |the goal is (?:only )?(?:reached|met|done) (?:only )?(?:when|if) )(?P<text>\S.{2,250})",
    re.IGNORECASE,
)
_DROPPED = re.compile(
    r"\b(?:(?:drop|remove|forget|delete|ignore) (?:the )?(?:criterion|requirement|condition)(?: (?:that|about|of))?[:,]?\s+|(?:i|we) no longer need (?:to know )?)(?P<text>\S.{2,250})",
    re.IGNORECASE,
)


def restated(part: Clause) -> Quoted | None:
    found = None if manner.asks(part) or manner.supposes(part) else _STATEMENT.search(part.text)
    return Quoted(found["goal"].strip(), found.group()) if found else None


def deadline(part: Clause, now: datetime) -> datetime | None:
    """By when it is to be done, at the end of that day unless an hour is said; never a day of the journey itself."""
    found = _DEADLINE.search(part.text)
    if found is None or manner.asks(part) or _NOT_THE_GOAL.search(part.text):
        return None
    if _ANOTHERS.search(part.text[: found.start()]):
        return None
    named = next((one for one in days(part.text, now.date()) if one.last is not None and one.end > found.start()), None)
    if named is None or named.last is None:
        return None
    at = _CLOCK.search(part.text)
    hour = time(23, 59)
    if at is not None and int(at[1]) < 24 and int(at[2] or 0) < 60:
        afternoon = 12 if (at[3] or "").casefold() == "pm" and int(at[1]) < 12 else 0
        hour = time(int(at[1]) + afternoon, int(at[2] or 0))
    return datetime.combine(named.last, hour, tzinfo=now.tzinfo)


def added_criteria(part: Clause) -> Iterator[Quoted]:
    if (found := _ADDED.search(part.text)) and not manner.asks(part):
        text = found["text"].strip()
        yield Quoted(text[:1].upper() + text[1:], found.group())


def dropped_criteria(part: Clause, card: Card) -> Iterator[Quoted]:
    """The criterion of the card that is meant, if one is."""
    if (found := _DROPPED.search(part.text)) and not manner.asks(part):
        scored = [(overlap(found["text"], one.text), one) for one in card.criteria]
        best = max(scored, key=lambda one: one[0], default=None)
        if best is not None and best[0] >= 0.6:
            yield Quoted(best[1].text, found.group())
