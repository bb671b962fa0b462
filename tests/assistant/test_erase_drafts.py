"""Erasing in a home where drafts were written and edited: they go, with all that they taught, and what others taught stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from assistant import deliveries, drafts, memories, profile
from assistant.answers.drafts import DraftEdit, DraftView, NewDraft
from assistant.answers.memory import ErasedAnswer, EraseRequest, Note
from assistant.answers.profile import NewPreference
from assistant.clock import FakeClock
from assistant.progress import unheard
from assistant.service import Service
from memory.models import (
    Call,
    Delivery,
    Draft,
    DraftVersion,
    Evidence,
    Lesson,
    Preference,
    PreferenceChange,
    PreferenceEvidence,
)
from memory.proof import scan
from tests.assistant.learning.teacher import NOW, open_service

SECRET = "The zirconium walrus sleeps beneath the municipal observatory until the summer comes."
ZOE = "Zoë Quackenbush <zoe@walrus.example>"
BEN = "Ben Low <ben@example.org>"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = open_service(tmp_path)
    yield service
    service.close()


def wrote(service: Service, to: str, points: list[str], greeting: str = "Ahoy", **wish: object) -> DraftView:
    """A mail that the user greeted and closed in their own way, and approved."""
    made = drafts.new(service, NewDraft.model_validate({"kind": "mail", "to": [to], "points": points} | wish))
    first = to.split()[0]
    text = f"{greeting} {first},\n\n" + " ".join(f"{point}." for point in points) + "\n\nFair winds,\nAda"
    drafts.edit(service, made.line.id, DraftEdit(version=made.current.number, text=text, is_sure=True))
    return drafts.approve(service, made.line.id).draft


def erase(service: Service, what: str, name: str) -> ErasedAnswer:
    done = memories.erase(service, EraseRequest.model_validate({"what": what, "name": name}), unheard)
    assert done.found == []
    return done


def places_that_say(service: Service, words: str) -> set[str]:
    return {path.name for path, _ in scan(service.home.data, [words]).found}


def values(service: Service, dimension: str = "greeting") -> set[tuple[str, str]]:
    """(value, recipient) of every preference in a dimension, whatever its state."""
    with service.database.read() as session:
        chosen = select(Preference.value, Preference.recipient).where(Preference.dimension == dimension)
        return set(session.exec(chosen).all())


def no_row_is_orphaned(service: Service) -> None:
    """Nothing refers to what went, and no evidence, version or link is left of it."""
    assert service.database.check() == []
    with service.database.read() as session:
        lessons = set(session.exec(select(Lesson.id)))
        assert {one.lesson_id for one in session.exec(select(Evidence))} <= lessons
        assert set(session.exec(select(PreferenceChange.lesson_id))) <= lessons | {None}
        assert set(session.exec(select(PreferenceEvidence.evidence_id))) <= set(session.exec(select(Evidence.id)))
        assert set(session.exec(select(DraftVersion.draft_id))) == set(session.exec(select(Draft.id)))


# A person


def test_a_person_is_gone_from_drafts_to_them_and_from_what_those_taught(service: Service) -> None:
    kept = wrote(service, BEN, ["The ferry leaves at nine"], greeting="Hello")
    mail = wrote(service, ZOE, [SECRET], greeting="Ahoy")
    deliveries.send_draft(service, mail.line.id)
    (service.home.edits).mkdir(parents=True, exist_ok=True)
    (service.home.edits / f"draft-{mail.line.id}-x1y2.txt").write_text(SECRET)
    assert f"draft-{mail.line.id}-2.eml" in places_that_say(service, "zirconium")
    done = erase(service, "person", "Zoë Quackenbush")
    assert (done.drafts, done.lessons, done.copies) == (1, 1, 2)
    for words in ("zirconium", "Quackenbush", "zoe@walrus.example", "Ahoy"):
        assert places_that_say(service, words) == set(), words
    assert [line.id for line in drafts.list_drafts(service)] == [kept.line.id]
    with service.database.read() as session:
        assert session.exec(select(Delivery)).all() == []
    no_row_is_orphaned(service)


def test_what_was_written_to_an_address_of_theirs_goes_although_it_names_nobody(service: Service) -> None:
    wrote(service, ZOE, ["The ferry leaves at nine"])
    short = drafts.new(service, NewDraft(kind="mail", to=["zoe@walrus.example"], points=["Bring the tickets"]))
    other = drafts.new(service, NewDraft(kind="mail", to=["ann@walrus.example"], points=["Bring the tickets"]))
    erase(service, "person", "Zoë Quackenbush")
    assert [line.id for line in drafts.list_drafts(service)] == [other.line.id]
    assert short.line.id != other.line.id


@pytest.mark.parametrize("name", ["Zoë Quackenbush", "zoe@walrus.example"])
def test_the_users_own_word_for_a_person_goes_with_them(service: Service, name: str) -> None:
    wrote(service, ZOE, ["The ferry leaves at nine"])
    profile.state(service, NewPreference(dimension="greeting", value="Dearest,", recipient="zoe@walrus.example"))
    profile.state(service, NewPreference(dimension="greeting", value="Hello,", recipient="ben@example.org"))
    erase(service, "person", name)
    assert values(service) == {("Hello,", "ben@example.org")}
    assert places_that_say(service, "Dearest") == set()


def test_a_preference_that_others_taught_too_stays_on_what_they_taught(service: Service) -> None:
    for number in range(3):
        wrote(service, BEN, [f"The ferry of day {number} leaves at nine"], greeting="Ahoy")
    wrote(service, ZOE, ["The tickets cost ten crowns"], greeting="Ahoy")
    erase(service, "person", "Zoë Quackenbush")
    assert any(recipient in ("", "ben@example.org") for _, recipient in values(service))
    with service.database.read() as session:
        ids = [one.id for one in session.exec(select(Preference).where(Preference.dimension == "greeting"))]
        linked = session.exec(
            select(Lesson)
            .join(Evidence, col(Evidence.lesson_id) == col(Lesson.id))
            .join(PreferenceEvidence, col(PreferenceEvidence.evidence_id) == col(Evidence.id))
            .where(col(PreferenceEvidence.preference_id).in_(ids))
        ).all()
    assert {lesson.recipient for lesson in linked} <= {"ben@example.org"}
    no_row_is_orphaned(service)


def test_somebody_who_is_only_spoken_of_takes_the_draft_along(service: Service) -> None:
    mail = wrote(service, BEN, ["Zoë Quackenbush brings the zirconium"])
    erase(service, "person", "Zoë Quackenbush")
    assert places_that_say(service, "zirconium") == set()
    assert mail.line.id not in {line.id for line in drafts.list_drafts(service)}


# Items and sources


def note_from(service: Service) -> DraftView:
    """A note of the user, remembered; a draft from it, edited and approved."""
    memories.add(service, Note(text=SECRET, title="The walrus"))
    memories.index(service, unheard)
    made = drafts.new(service, NewDraft(kind="note", items=[1]))
    text = "In short:\n\n- The zirconium walrus sleeps.\n- It wakes in summer."
    drafts.edit(service, made.line.id, DraftEdit(version=1, text=text, is_sure=True))
    return drafts.approve(service, made.line.id).draft


@pytest.mark.parametrize(("what", "name"), [("item", "1"), ("source", "notes")])
def test_a_draft_from_what_is_erased_goes_with_it_and_with_what_it_taught(
    service: Service, what: str, name: str
) -> None:
    kept = wrote(service, BEN, ["The ferry leaves at nine"])
    note_from(service)
    assert places_that_say(service, "zirconium")
    with service.database.write() as session:
        session.add(
            Call(
                at=NOW,
                task="drafts",
                purpose="draft",
                engine="local",
                model="m",
                outcome="done",
                reply=f"As in: {SECRET}",
            )
        )
    done = erase(service, what, name)
    assert (done.drafts, done.lessons) == (1, 1)
    assert places_that_say(service, "zirconium") == set()
    assert [line.id for line in drafts.list_drafts(service)] == [kept.line.id]
    assert values(service), "what the other draft taught is still known"
    no_row_is_orphaned(service)


def test_words_that_a_kept_draft_says_too_are_no_failure(service: Service) -> None:
    note_from(service)
    mail = wrote(service, BEN, [SECRET.removesuffix(".")])
    erase(service, "item", "1")
    assert places_that_say(service, "zirconium")
    assert [line.id for line in drafts.list_drafts(service)] == [mail.line.id]


# Time


def test_before_a_day_takes_the_drafts_and_lessons_of_then(service: Service) -> None:
    assert isinstance(service.clock, FakeClock)
    wrote(service, ZOE, [SECRET], greeting="Ahoy")
    profile.state(service, NewPreference(dimension="closing", value="Zirconium regards,", kind="document"))
    service.clock.advance(timedelta(days=3))
    later = wrote(service, BEN, ["The ferry leaves at nine"], greeting="Hello")
    profile.state(service, NewPreference(dimension="greeting", value="Good day,", kind="note"))
    done = erase(service, "before", f"{NOW + timedelta(days=1):%Y-%m-%d}")
    assert (done.drafts, done.lessons) == (1, 1)
    for words in ("zirconium", "Zirconium", "Quackenbush", "Ahoy"):
        assert places_that_say(service, words) == set(), words
    assert [line.id for line in drafts.list_drafts(service)] == [later.line.id]
    assert ("Good day,", "") in values(service)
    no_row_is_orphaned(service)


def test_a_draft_begun_before_a_day_goes_whole_although_it_was_edited_after(service: Service) -> None:
    assert isinstance(service.clock, FakeClock)
    made = drafts.new(service, NewDraft(kind="mail", to=[BEN], points=[SECRET]))
    service.clock.advance(timedelta(days=3))
    drafts.edit(service, made.line.id, DraftEdit(version=1, text=f"Hi Ben,\n\n{SECRET}\n\nAda", is_sure=True))
    erase(service, "before", f"{NOW + timedelta(days=1):%Y-%m-%d}")
    assert places_that_say(service, "zirconium") == set()
    assert drafts.list_drafts(service) == []
