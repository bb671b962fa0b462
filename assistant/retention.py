"""What becomes of old items, by the user's rules: long texts are shortened to sentences of their own, others are deleted.

A summary is chosen by rule, never written by a model, so that nothing is in it that was not read. The daily upkeep applies
the rules; `status`, `doctor` and `telos memory retention` say what goes when.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from assistant.answers.memory import Retention, RetentionLine
from assistant.engine.brief import Brief, Passage
from assistant.engine.extractive import Extractive
from assistant.progress import Progress, unheard
from assistant.service import Service
from memory.models import Item, Version
from memory.store import audit, retention, settings
from memory.store.retention import LONG, Old

PAGE = 100
MOST_AT_ONCE = 5_000
"""A run takes no more; the rest follows a day later."""
SUMMARY_WORDS = 90
SUMMARY_SENTENCES = 4
NOTED = "retention.noted"
"""The setting with what the last upkeep told."""


def plan(service: Service) -> Retention:
    """The rules, what they apply to, and when the next text is shortened or deleted."""
    with service.database.read() as session:
        known = retention.by_kind(session)
    return Retention(
        lines=[_line(service, one) for one in known],
        keeps_conversations_days=service.settings.chat.keep_days,
        keeps_calls_days=service.settings.model.log_days,
        keeps_transitions_days=service.settings.steering.keep_days,
    )


def sentences(told: Retention) -> list[str]:
    """What goes when, a sentence a kind; nothing of kinds that stay as they are."""
    said: list[str] = []
    for one in told.lines:
        due = [f"long texts are shortened after {one.shorten_days} days"] if one.shorten_days else []
        due += [f"uncited ones are deleted after {one.keep_days}"] if one.keep_days else []
        nexts = [f"the next is shortened on {one.shortens_next:%Y-%m-%d}"] if one.shortens_next else []
        nexts += [f"deleted on {one.deletes_next:%Y-%m-%d} at the earliest"] if one.deletes_next else []
        if due:
            said.append(f"{one.kind}: {' and '.join(due)}{'; ' + ', '.join(nexts) if nexts else ''}.")
    return said


def noted(service: Service) -> list[str]:
    """What the last upkeep noted of it: `status` may be asked at any time, and counts nothing."""
    with service.database.read() as session:
        return list(settings.get(session, NOTED, []))


def apply(service: Service, progress: Progress = unheard) -> str:
    """Shorten and delete what is due; a sentence on what was done, empty where nothing was."""
    shortened = deleted = 0
    rules, now = service.settings.memory, service.clock.now()
    with service.database.read() as session:
        kinds = retention.kinds(session)
    for kind in kinds:
        if days := rules.kept_for(kind):
            deleted += _delete(service, kind, now - timedelta(days=days), progress)
        if days := rules.shortened_after(kind):
            shortened += _shorten(service, kind, now - timedelta(days=days), progress)
    told = sentences(plan(service))
    with service.database.write() as session:
        settings.put(session, NOTED, told)
        if not (shortened or deleted):
            return ""
        audit.record(session, "retained", at=now, shortened=shortened, deleted=deleted)
    return f"{shortened} old texts were shortened and {deleted} items deleted, as configured."


def summary(item: Item, version: Version) -> str:
    """The sentences that say most of a text, as they stand in it; its beginning where it has none."""
    brief = Brief(
        title=version.title,
        passages=[Passage(item_id=item.id or 0, title="", text=version.text)],
        max_words=SUMMARY_WORDS,
        max_sentences=SUMMARY_SENTENCES,
    )
    chosen = " ".join(claim.text for claim in Extractive().summarise(brief))
    return chosen if chosen else " ".join(version.text[:LONG].split())


def _shorten(service: Service, kind: str, before: datetime, progress: Progress) -> int:
    done = 0
    while done < MOST_AT_ONCE:
        progress(done, None, "shortening old texts")
        with service.database.write() as session:
            page = retention.to_shorten(session, kind, before, PAGE)
            for item, version in page:
                retention.shorten(session, version, summary(item, version), service.clock.now())
        done += len(page)
        if len(page) < PAGE:
            break
    return done


def _delete(service: Service, kind: str, before: datetime, progress: Progress) -> int:
    done = 0
    while done < MOST_AT_ONCE:
        progress(done, None, "deleting what its time is over for")
        with service.database.write() as session:
            page = retention.to_delete(session, kind, before, PAGE)
            retention.remove(session, page)
        done += len(page)
        if len(page) < PAGE:
            break
    return done


def _line(service: Service, old: Old) -> RetentionLine:
    rules = service.settings.memory
    shorten, keep = rules.shortened_after(old.kind), rules.kept_for(old.kind)
    return RetentionLine(
        kind=old.kind,
        items=old.items,
        shortened=old.shortened,
        shorten_days=shorten,
        keep_days=keep,
        shortens_next=old.first_whole + timedelta(days=shorten) if shorten and old.first_whole else None,
        deletes_next=old.first + timedelta(days=keep) if keep and old.first else None,
    )
