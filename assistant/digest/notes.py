"""The foot of a digest: what failed, is stale, was left out and how much, and what became of earlier ones.

A note is facts in a row and a sentence in the view; the sentence is made here from the facts each time, so that a
digest shown again reads as it did. It knows rows of sources and deliveries, and no entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from assistant.config.schema import Settings
from assistant.digest.headings import Headings, headings
from assistant.digest.view import Note
from assistant.digest.write import Written
from memory.models import Delivery, DeliveryState, FollowUp, FollowUpKind, Goal, Reply
from memory.store import conversations, digests, drafts, follow_ups, goals, outbox, replies, sources

Facts = dict[str, Any]

TROUBLE = frozenset(
    (
        "failed",
        "stale",
        "delivery_failed",
        "delivery_unknown",
        "draft_failed",
        "draft_unknown",
        "late",
        "missed",
        "no_meaning",
        "writer",
        "writer_late",
        "writer_failed",
    )
)

DEADLINE_NEAR = timedelta(days=3)
MOST_FOLLOWED_UP = 6
"""In one digest; the rest comes with the next."""


def about_sources(session: Session, settings: Settings) -> list[Facts]:
    """Those that fail and those that bring nothing for longer than is usual; paused ones are the user's wish."""
    if not settings.sources:
        return [{"kind": "no_sources"}]
    wanted = {source.name for source in settings.sources if not source.paused}
    found: list[Facts] = []
    for source in sources.live(session):
        if source.name not in wanted:
            continue
        if source.broken_since is not None:
            since = source.broken_since.isoformat()
            found.append({"kind": "failed", "source": source.name, "since": since, "error": source.last_error or ""})
        elif source.stale_since is not None:
            since = (source.last_new_item_at or source.stale_since).isoformat()
            found.append({"kind": "stale", "source": source.name, "since": since})
    return found


def about_deliveries(session: Session) -> list[Facts]:
    """Earlier digests and drafts that failed, or of which nobody knows whether they arrived, and that no digest has named."""
    return [facts for delivery in outbox.unreported(session) if (facts := _lost(session, delivery))]


def _lost(session: Session, delivery: Delivery) -> Facts:
    end = "failed" if delivery.state is DeliveryState.FAILED else "unknown"
    error = {"error": delivery.last_error or ""}
    if delivery.draft_id is not None:
        last = drafts.current(session, [delivery.draft_id])
        subject = last[delivery.draft_id].subject if delivery.draft_id in last else ""
        return {"kind": f"draft_{end}", "draft": delivery.draft_id, "name": subject, **error}
    digest = digests.by_id(session, delivery.digest_id) if delivery.digest_id is not None else None
    if digest is None:
        return {}
    return {"kind": f"delivery_{end}", "date": digest.local_date.isoformat(), "run": digest.run, **error}


def about_schedule(due_at: datetime | None, missed: Sequence[date]) -> list[Facts]:
    """That it comes late, and on which days there was none."""
    found: list[Facts] = []
    if due_at is not None:
        found.append({"kind": "late", "due": due_at.isoformat()})
    if missed:
        found.append({"kind": "missed", "dates": [day.isoformat() for day in missed]})
    return found


def about_goals(session: Session, now: datetime) -> list[Facts]:
    """Open goals whose deadline is near, unless their conversation is nobody's business but the user's."""
    sensitive = conversations.sensitive_goals(session)
    return [
        {"kind": "goal_due", "name": goal.statement, "date": goal.deadline.isoformat(), "n": _open_criteria(goal)}
        for goal in goals.due(session, now + DEADLINE_NEAR)
        if goal.deadline is not None and goal.id not in sensitive
    ]


def _open_criteria(goal: Goal) -> int:
    return sum(not criterion["is_met"] for criterion in goal.card.get("criteria", []))


def about_mail(session: Session, today: date) -> list[Facts]:
    """Unanswered mail and promises that are due, each until a digest that names it was sent; and what was learned from mail
    that the user sent since the last one."""
    due = follow_ups.to_tell(session, today)[:MOST_FOLLOWED_UP]
    drafted = replies.of_items(session, [row.item_id for row in due])
    last = digests.last_sent(session)
    learned = replies.learned_since(session, last.built_at if last is not None else None)
    return [
        *(_followed_up(row, drafted.get(row.item_id)) for row in due),
        *({"kind": "learned", "draft": one.draft_id, "lesson": one.id, "name": one.line} for one in learned),
    ]


def _followed_up(row: FollowUp, reply: Reply | None) -> Facts:
    named = row.due - timedelta(days=1) if row.kind is FollowUpKind.PROMISED_TO_ME else row.due
    is_drafted = row.kind is FollowUpKind.AWAITS_ME and reply is not None and reply.draft_id is not None
    return {
        "kind": f"{row.kind.value}_drafted" if is_drafted else row.kind.value,
        "follow_up": row.id,
        "item": row.item_id,
        "name": row.person or "?",
        "quote": row.quote,
        "date": named.isoformat(),
        **({"draft": reply.draft_id} if is_drafted and reply is not None else {}),
    }


def about_languages(languages: Iterable[str]) -> list[Facts]:
    """`languages` has the code of each shown story whose language the embedder does not know."""
    unknown = list(languages)
    if not unknown:
        return []
    return [{"kind": "language", "n": len(unknown), "languages": sorted(set(unknown))}]


def about_writing(written: Written, engine: str) -> list[Facts]:
    """Which entries are not the model's, and why."""
    if written.failed and written.failed == written.entries:
        return [{"kind": "writer", "writer": engine, "error": written.error}]
    of = {"writer": engine, "total": written.entries}
    found: list[Facts] = []
    if written.late:
        found.append({"kind": "writer_late", "n": written.late, **of})
    if written.failed:
        found.append({"kind": "writer_failed", "n": written.failed, "error": written.error, **of})
    if written.unsupported:
        found.append({"kind": "writer_unsupported", "n": written.unsupported, **of})
    return found


def told(facts: Iterable[Mapping[str, Any]], language: str, zone: str) -> tuple[Note, ...]:
    """The notes as they are read, what needs the user first."""
    phrases = headings(language)
    notes = [
        Note(
            kind=str(fact["kind"]),
            sentence=phrases.say(f"note_{fact['kind']}", **_in_words(fact, phrases, ZoneInfo(zone))),
            facts={key: value for key, value in fact.items() if key != "kind"},
            is_trouble=fact["kind"] in TROUBLE,
        )
        for fact in facts
    ]
    return tuple(sorted(notes, key=lambda note: not note.is_trouble))


def _in_words(fact: Mapping[str, Any], phrases: Headings, zone: ZoneInfo) -> Facts:
    """Instants as local days or times, days as dates, lists as enumerations."""
    words: Facts = {key: value for key, value in fact.items() if key != "kind"}
    if "since" in words:
        words["since"] = phrases.short_date(datetime.fromisoformat(words["since"]).astimezone(zone).date())
    if "due" in words:
        words["due"] = f"{datetime.fromisoformat(words['due']).astimezone(zone):%H:%M}"
    if "date" in words:
        words["iso"] = words["date"]
        day = datetime.fromisoformat(words["date"])
        words["date"] = phrases.short_date((day if day.tzinfo is None else day.astimezone(zone)).date())
    if "dates" in words:
        words["dates"] = phrases.listing([phrases.short_date(date.fromisoformat(day)) for day in words["dates"]])
    if "languages" in words:
        words["languages"] = ", ".join(words["languages"])
    return words
