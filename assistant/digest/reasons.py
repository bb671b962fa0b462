"""Why an entry is there, in words of the user's language: the facts the ranking gives, and where the story comes from."""

from __future__ import annotations

from assistant.digest.headings import Headings
from assistant.digest.select import Judged
from assistant.engine.sentences import shorten

MOST_REASONS = 4
GOAL_WORDS = 12
MOST_NAMED = 6


def reasons(judged: Judged, phrases: Headings) -> tuple[str, ...]:
    """At most four phrases, the most telling first, the origin always among them; alone it is no more than news."""
    learned = {fact.kind: fact for fact in reversed(judged.judgement.reasons)}
    told: list[str] = []
    if (goal := judged.candidate.goal) is not None:
        kind = "reason_goal" if goal.words else "reason_goal_meaning"
        told.append(phrases.say(kind, name=shorten(goal.statement, GOAL_WORDS), words=goal.words))
    if judged.is_unproven:
        told.append(phrases.say("reason_unproven"))
    if judged.candidate.is_follow_up:
        told.append(phrases.say("reason_follow_up"))
    told += [phrases.say(f"reason_{kind}", n=learned[kind].count) for kind in ("keep", "more") if kind in learned][:1]
    told.append(_origin(judged, learned["topic"].name if "topic" in learned else ""))
    if "interest" in learned:
        told.append(phrases.say("reason_interest", name=learned["interest"].name))
    if "author" in learned:
        told.append(phrases.say("reason_author", name=learned["author"].name))
    if judged.candidate.subject.size > 1:
        told.append(phrases.say("reason_told", n=judged.candidate.subject.size, names=_named(judged)))
    if len(told) == 1:
        return (phrases.say("reason_new", name=told[0]),)
    return tuple(told[:MOST_REASONS])


def _named(judged: Judged) -> str:
    return ", ".join(judged.candidate.subject.sources[:MOST_NAMED])


def _origin(judged: Judged, liked_topic: str) -> str:
    """The lead's source and a topic of it: the one that the user likes, or else the source's first."""
    lead = judged.candidate.lead
    topic = liked_topic or next(iter(lead.topics), "")
    return f"{lead.source} {topic}".strip() if len(topic) <= 30 else lead.source
