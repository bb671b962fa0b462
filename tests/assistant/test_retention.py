"""Old texts become summaries of their own sentences, still found and linked; what nothing needs is deleted, by kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from assistant import memories, privacy, retention
from assistant import status as statuses
from assistant.answers.memory import Note, Query, SetPrivate
from assistant.clock import FakeClock
from assistant.config.schema import MemorySettings, Settings
from assistant.doctor.parts import _retention
from assistant.home import Home
from assistant.jobs.duties import MAINTAIN
from assistant.jobs.runner import Runner
from assistant.progress import unheard
from assistant.service import Service
from assistant.withheld import withheld
from memory.models import (
    Conversation,
    Digest,
    Entry,
    EntryItem,
    Feedback,
    FollowUp,
    FollowUpKind,
    Goal,
    GoalItem,
    GoalStatus,
    Item,
    Reply,
    TurnState,
    Verb,
    Version,
)
from memory.store import conversations, items, sources
from memory.store.items import NewItem
from tests.assistant.draft_rows import approved
from tests.fakes import HeldIndex, WordEmbedder

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LINK = "https://example.org/harbour"
FILLER = " ".join(
    f"Paragraph number {number} tells of weather and of boats that came in late that day." for number in range(20)
)
STORY = (
    "The harbour council closed the old lighthouse for repairs on Monday. The lighthouse repairs will take the council "
    f"two winters and cost nine million crowns. {FILLER} A gull was seen."
)


def open_service(folder: Path, **rules: dict[str, int]) -> Service:
    settings = Settings(memory=MemorySettings.model_validate(rules))
    return Service(
        Home.at(folder), settings=settings, clock=FakeClock(NOW), embedder=WordEmbedder(), make_index=HeldIndex
    )


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = open_service(tmp_path, shorten_days={"article": 365}, keep_days={"post": 90})
    yield service
    service.close()


def read(service: Service, ref: str, kind: str, days_ago: int, text: str = STORY, *, by_me: bool = False) -> int:
    """An item that was read so many days ago, and indexed."""
    at = NOW - timedelta(days=days_ago)
    new = NewItem(external_id=ref, title=f"Lighthouse {ref}", text=text, html=f"<p>{text}</p>", url=LINK,
                  links=(LINK,), kind=kind, published=at, by_me=by_me)  # fmt: skip
    with service.database.write() as session:
        saved = items.save(session, sources.ensure(session, "gazette", "feeds", at).id or 0, [new], at)
    memories.index(service, unheard)
    return (*saved.new_ids, *saved.updated_ids)[0]


def text_of(service: Service, item_id: int) -> str:
    with service.database.read() as session:
        return items.current_versions(session, [item_id])[item_id].text


def show_in_digest(service: Service, item_id: int, verb: Verb | None = None) -> None:
    with service.database.write() as session:
        digest = Digest(local_date=NOW.date(), recipient="me@example.org", built_at=NOW, since=NOW, writer="extractive",
                        language="en", zone="UTC")  # fmt: skip
        session.add(digest)
        session.flush()
        entry = Entry(digest_id=digest.id or 0, number=1, section="news", title="T", sentences=[], score=0.5)
        session.add(entry)
        session.flush()
        session.add(EntryItem(entry_id=entry.id or 0, item_id=item_id, position=1))
        if verb is not None:
            session.add(Feedback(verb=verb, entry_id=entry.id or 0, at=NOW))


def test_an_old_long_text_becomes_its_own_sentences_and_keeps_its_links(service: Service) -> None:
    old, young = read(service, "a1", "article", 400), read(service, "a2", "article", 300)
    assert retention.apply(service) == "1 old texts were shortened and 0 items deleted, as configured."
    short = text_of(service, old)
    assert len(short) < len(STORY) / 3
    assert all(sentence.strip(". ") in STORY for sentence in short.split(". "))
    assert text_of(service, young) == STORY
    with service.database.read() as session:
        version = items.current_versions(session, [old])[old]
        assert (version.html, version.links, version.shortened_at) == ("", [LINK], NOW)
    assert (memories.show(service, old).url, memories.show(service, old).title) == (LINK, "Lighthouse a1")
    assert retention.apply(service) == ""


def test_a_shortened_item_is_found_by_words_and_meaning_and_its_old_words_are_not(service: Service) -> None:
    item_id = read(service, "a1", "article", 400, f"{STORY} {FILLER} {FILLER} The zirconium walrus was there.")
    retention.apply(service)
    memories.index(service, unheard)
    hit = memories.search(service, Query(query="lighthouse repairs of the harbour council")).hits[0]
    assert (hit.item_id, any("close in meaning" in reason for reason in hit.reasons)) == (item_id, True)
    for found in memories.search(service, Query(query="zirconium walrus")).hits:
        assert not any(reason.startswith("says") for reason in found.reasons)
    assert len(service.vectors.matrix) == len(service.vectors.index)


def test_what_is_marked_private_stays_whole_so_that_its_words_are_still_recognised(service: Service) -> None:
    article, post = read(service, "a1", "article", 400), read(service, "p1", "post", 100)
    privacy.set_private(service, SetPrivate(items=[article, post]))
    assert retention.apply(service) == ""
    with service.database.read() as session:
        assert withheld(session).holds_private("They say it will take the council two winters and cost nine million.")
    privacy.set_private(service, SetPrivate(items=[article, post], is_private=False))
    assert retention.apply(service) == "1 old texts were shortened and 1 items deleted, as configured."


def test_what_its_source_still_serves_does_not_come_back_whole_or_as_news(service: Service) -> None:
    item_id = read(service, "a1", "article", 400)
    retention.apply(service)
    short = text_of(service, item_id)
    new = NewItem(external_id="a1", title="Lighthouse a1", text=STORY, html="", url=LINK, links=(LINK,), kind="article")
    with service.database.write() as session:
        saved = items.save(session, sources.ensure(session, "gazette", "feeds", NOW).id or 0, [new], NOW)
    assert (saved.new, saved.updated, saved.unchanged) == (0, 0, 1)
    assert text_of(service, item_id) == short


def test_the_texts_that_an_item_had_before_go_with_the_long_one(service: Service) -> None:
    read(service, "a1", "article", 400, f"First words of it. {STORY}")
    item_id = read(service, "a1", "article", 399)
    retention.apply(service)
    memories.index(service, unheard)
    with service.database.read() as session:
        assert len(session.exec(select(Version).where(Version.item_id == item_id)).all()) == 1
        [story] = {item.story_id for item in session.exec(select(Item))}
        assert story is not None


def test_what_is_old_and_cited_nowhere_is_deleted_and_what_a_digest_cites_is_not(service: Service) -> None:
    loose, cited = read(service, "p1", "post", 100), read(service, "p2", "post", 100)
    show_in_digest(service, cited)
    retention.apply(service)
    with service.database.read() as session:
        assert [item.id for item in session.exec(select(Item))] == [cited]
    assert loose != cited


def answer_from(service: Service, **held: object) -> None:
    """A turn of a conversation that cites items, or whose prompt held them."""
    with service.database.write() as session:
        talk = Conversation(title="Boats", playbook="chat", started_at=NOW, last_at=NOW)
        session.add(talk)
        session.flush()
        turn = conversations.add_turn(session, talk, "What of the boats?", NOW)
        conversations.finish_turn(session, turn.id or 0, TurnState.DONE, NOW, reply="They came in late [1].", **held)


@pytest.mark.parametrize("by", ["an answer", "a prompt", "a draft"])
def test_what_an_answer_or_a_draft_rests_on_is_shortened_and_not_deleted(service: Service, by: str) -> None:
    service.settings = service.settings.model_copy(
        update={"memory": MemorySettings(shorten_days={"post": 90}, keep_days={"post": 90})}
    )
    item_id = read(service, "p1", "post", 100)
    match by:
        case "an answer":
            answer_from(service, citations=[{"number": 1, "kind": "item", "id": item_id, "title": "", "url": ""}])
        case "a prompt":
            answer_from(service, context={"item_ids": [item_id]})
        case "a draft":
            approved(service.database, item_ids=[item_id])
    retention.apply(service)
    assert 0 < len(text_of(service, item_id)) < len(STORY)


@pytest.mark.parametrize("why", ["an open goal", "a follow-up", "an answer that is due"])
@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
def test_what_is_not_done_with_stays_whole_until_it_is(service: Service, why: str, *, is_closed: bool) -> None:
    item_id, closed_at = read(service, "a1", "article", 900), NOW if is_closed else None
    with service.database.write() as session:
        match why:
            case "an open goal":
                status = GoalStatus.ACHIEVED if is_closed else GoalStatus.OPEN
                goal = Goal(statement="A walk", status=status, created_at=NOW, changed_at=NOW)
                session.add(goal)
                session.flush()
                session.add(GoalItem(goal_id=goal.id or 0, item_id=item_id, at=NOW, score=0.5, reason="walk"))
            case "a follow-up":
                kind, due = FollowUpKind.AWAITS_ME, NOW.date()
                session.add(FollowUp(item_id=item_id, kind=kind, due=due, opened_at=NOW, closed_at=closed_at))
            case "an answer that is due":
                session.add(Reply(item_id=item_id, at=NOW, closed_at=closed_at))
    retention.apply(service)
    assert (text_of(service, item_id) == STORY) != is_closed


@pytest.mark.parametrize("why", ["kept", "by me", "a note", "short", "another kind", "read just now"])
def test_what_the_user_needs_whole_stays_whole(service: Service, why: str) -> None:
    text = "A short text." if why == "short" else STORY
    if why == "a note":
        item_id = memories.add(service, Note(text=text, title="Mine", kind="article")).item_id
        memories.index(service, unheard)
        assert isinstance(service.clock, FakeClock)
        service.clock.advance(timedelta(days=900))
    else:
        kind = "paper" if why == "another kind" else "article"
        item_id = read(service, "a1", kind, 0 if why == "read just now" else 900, text, by_me=why == "by me")
    if why == "kept":
        show_in_digest(service, item_id, Verb.KEEP)
    retention.apply(service)
    assert text_of(service, item_id) == text


def test_status_doctor_and_the_command_say_what_goes_when(service: Service) -> None:
    read(service, "a1", "article", 300)
    read(service, "p1", "post", 10)
    due = NOW + timedelta(days=65)
    runner = Runner(service)
    runner.run(MAINTAIN)
    runner.close()
    said = f"article: long texts are shortened after 365 days; the next is shortened on {due:%Y-%m-%d}."
    assert said in statuses.status(service).memory.retention
    [finding] = _retention(service)
    assert said in finding.sentence
    assert "uncited ones are deleted after 90" in finding.sentence
    lines = {line.kind: line for line in retention.plan(service).lines}
    assert (lines["article"].shortens_next, lines["article"].deletes_next) == (due, None)
    assert lines["post"].deletes_next == NOW + timedelta(days=80)


def test_other_names_the_kinds_that_are_not_named() -> None:
    rules = MemorySettings.model_validate({"shorten_days": {"other": 30, "mail": 0}})
    assert [rules.shortened_after(kind) for kind in ("article", "mail")] == [30, 0]
    assert MemorySettings().kept_for("article") == 0
