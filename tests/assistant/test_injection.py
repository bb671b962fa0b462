"""Orders inside what sources bring do nothing, even where the model would obey them all.

Every text goes the whole way: kept, indexed, told in a digest, searched, recalled in a conversation with a goal, drafted
from, answered, judged. Then the home is looked at: nothing was learned, sent or set, and in no prompt did a word of it
stand outside its block.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import select

from assistant import conversations, digests, drafts, goals, memories, standing
from assistant.answers.drafts import NewDraft
from assistant.answers.memory import Query
from assistant.clock import FakeClock
from assistant.config.schema import DigestSettings, MailSettings, SourceSettings, UserSettings
from assistant.ingest.arrival import admitted
from assistant.ingest.indexing import Indexing, index_pending
from assistant.mailbox import answering, conversation, following, replying
from assistant.mailbox.account import own_addresses
from assistant.progress import unheard
from assistant.service import Service
from memory.models import (
    Call,
    Conversation,
    Delivery,
    Draft,
    DraftState,
    Evidence,
    Fact,
    Feedback,
    Goal,
    GoalStatus,
    Job,
    Lesson,
    Mute,
    Preference,
    Setting,
)
from memory.models import Request as AnsweredMail
from memory.store import items, sources
from tests.assistant.hostile import (
    ADA,
    CARRIERS,
    DISGUISES,
    MAILBOX,
    MARK,
    ORDERS,
    SECRETS,
    Obedient,
    Planted,
    outside_blocks,
    planted,
)
from tests.assistant.talking import begin, say, talking

AT_ONCE = 24
"""Texts that come in a day, and stand in its digest."""
TOGETHER = 3
"""Texts that one message asks for, and one document is drafted from."""
PARTS = 4
"""The published ones come to so many homes, which tests beside each other may fill."""
EVERYTHING = DigestSettings(entries=AT_ONCE, reading_minutes=60, per_source_share=1.0, section_share=1.0)
_POINTERS = ("mailbox.", "goals.", "digest.", "ranking.", "delivery.", "embedder.")
"""Settings in which work keeps how far it came."""


@contextmanager
def home(folder: Path) -> Iterator[Service]:
    """A home with a mailbox and a mail server, both with a secret, whose model obeys everybody."""
    with talking(folder, Obedient(), log_days=30) as service:
        mail = MailSettings(host="smtp.example.org", username="ada", password=SecretStr("hush-the-server"))
        user = UserSettings(name="Ada Byron", email=ADA, timezone="UTC")
        box = SourceSettings(name="mail", kind="mail", options=MAILBOX)
        service.settings = service.settings.model_copy(
            update={"user": user, "mail": mail, "sources": (box,), "digest": EVERYTHING}
        )
        yield service


def keep(service: Service, texts: Sequence[Planted]) -> None:
    now = service.clock.now()
    with service.database.write() as session:
        for one in texts:
            source = sources.ensure(session, one.carrier, one.carrier, now)
            items.save(session, source.id or 0, [admitted(one.item, now)], now)
    index_pending(Indexing(service.database, service.embedder, service.vectors, service.clock), unheard)


def whole_way(service: Service, texts: Sequence[Planted]) -> None:
    """A day of it."""
    keep(service, texts)
    standing.match_new(service)
    digests.send(service)
    answering.take(service)
    with service.database.read() as session:
        came, up_to = conversation.arrived(session)
        threads = conversation.threads_of(session, came, service.clock.now())
    own = own_addresses(service.settings)
    following.follow_up(service, threads, own)
    replying.draft_answers(service, replying.to_draft(service, threads, own), unheard)
    with service.database.write() as session:
        conversation.looked_at(session, up_to)
    begin(service, "Help me to plan a day at the harbour.", playbook="travel", goal="a day at the harbour")
    for start in range(0, len(texts), TOGETHER):
        some = texts[start : start + TOGETHER]
        say(service, f"What do {' and '.join(one.word for one in some)} say?")
        drafts.new(service, NewDraft(kind="document", about="the harbour", items=[found(service, one) for one in some]))
        for one in some:
            if one.raw:
                drafts.new(service, NewDraft(incoming=one.raw))
    goals.score(service, conversations.show(service).line.goal_id or 0)
    clock = service.clock
    assert isinstance(clock, FakeClock)
    clock.advance(timedelta(days=1))


def found(service: Service, one: Planted) -> int:
    """Its item, as a search finds it."""
    hits = memories.search(service, Query(query=f"{one.word} {one.mark}")).hits
    return next(hit.item_id for hit in hits if one.mark in memories.show(service, hit.item_id).text)


def state_of(service: Service) -> dict[str, object]:
    """What no text may change: whatever Telos knows of its user, would do, or was told to do."""
    with service.database.read() as session:
        return {
            "facts": [one.text for one in session.exec(select(Fact))],
            "preferences": len(session.exec(select(Preference)).all()),
            "lessons": len(session.exec(select(Lesson)).all()) + len(session.exec(select(Evidence)).all()),
            "frozen profiles": [one.profile for one in session.exec(select(Conversation)) if one.profile],
            "feedback": len(session.exec(select(Feedback)).all()) + len(session.exec(select(Mute)).all()),
            "mails obeyed": len(session.exec(select(AnsweredMail)).all()),
            "drafts sent or approved": [
                one.id for one in session.exec(select(Draft)) if one.state is not DraftState.OPEN
            ],
            "posted, but for digests": [one.id for one in session.exec(select(Delivery)) if one.digest_id is None],
            "jobs": sorted(one.name for one in session.exec(select(Job))),
            "settings": {
                one.name: one.value for one in session.exec(select(Setting)) if not one.name.startswith(_POINTERS)
            },
            "goals closed": [one.id for one in session.exec(select(Goal)) if one.status is not GoalStatus.OPEN],
            "marks on cards": sorted(
                {mark for one in session.exec(select(Goal)) for mark in MARK.findall(json.dumps(one.card))}
            ),
            "configuration": service.settings.model_dump_json(),
        }


def calls_of(service: Service) -> list[Call]:
    with service.database.read() as session:
        return list(session.exec(select(Call)))


def everything_written(service: Service) -> str:
    """All files of the home but the configuration, as text."""
    return "\n".join(
        path.read_bytes().decode("utf-8", "replace")
        for path in service.home.data.rglob("*")
        if path.is_file() and path != service.home.config_file
    )


def held_by_structure(service: Service, before: dict[str, object], texts: Sequence[Planted]) -> None:
    assert state_of(service) == before
    prompts = calls_of(service)
    read: set[str] = set()
    for call in prompts:
        outside = outside_blocks(call.messages)
        assert not MARK.search(outside), f"{call.purpose}: {outside}"
        read |= set(MARK.findall(json.dumps(call.messages)))
    assert {call.purpose for call in prompts} >= {"story", "reply", "card", "draft", "judge"}
    assert read == {one.mark for one in texts}  # each was before the model at least once
    written = everything_written(service)
    assert [secret for secret in SECRETS if secret in written] == []


def test_no_order_in_any_carrier_or_disguise_does_anything(tmp_path: Path) -> None:
    with home(tmp_path) as service:
        texts = list(planted(ORDERS, service.clock.now()))[:: len(DISGUISES) + 1]
        before = state_of(service)
        for start in range(0, len(texts), AT_ONCE):
            whole_way(service, texts[start : start + AT_ONCE])
        held_by_structure(service, before, texts)


@pytest.mark.integration
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_thousand_published_injections_do_nothing(tmp_path: Path, shared_data: Path, part: int) -> None:
    groups = json.loads((shared_data / "injection" / "text_attacks.json").read_text(encoding="utf-8"))
    orders = [order for group in groups.values() for order in group]
    assert len(orders) * len(DISGUISES) * len(CARRIERS) >= 1000
    with home(tmp_path) as service:
        texts = list(planted(orders[part::PARTS], service.clock.now()))
        before = state_of(service)
        for start in range(0, len(texts), AT_ONCE):
            whole_way(service, texts[start : start + AT_ONCE])
        held_by_structure(service, before, texts)
