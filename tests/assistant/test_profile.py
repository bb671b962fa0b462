"""The verbs on the profile: what edits taught is listed, explained, ruled on, undone, exported and taken in elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from assistant import drafts, profile
from assistant.answers.drafts import DraftEdit
from assistant.answers.profile import Exported, ExportedPreference, NewPreference, PreferenceEdit
from assistant.clock import FakeClock
from assistant.errors import BadRequest, NotFound
from assistant.service import Service
from memory.store import audit
from tests.assistant.learning.teacher import BULLETS, NOW, drafted, edited, open_service, values


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = open_service(tmp_path)
    yield service
    service.close()


def preference(service: Service, dimension: str) -> int:
    """The number of what holds for mail to Ann, the narrowest first."""
    found = profile.list_preferences(service, recipient="ann@example.org", dimension=dimension)
    return max(found, key=lambda one: (bool(one.scope.recipient), bool(one.scope.kind))).id


def test_an_edit_is_announced_in_one_line_with_its_undo(service: Service) -> None:
    lesson = edited(service).lesson
    assert lesson is not None
    assert lesson.line.startswith("Learned for mail")
    assert "\n" not in lesson.line
    assert "bullets" in lesson.line
    assert 'greet with "Hi ' in lesson.line
    assert lesson.undo == f"telos profile undo {lesson.id}"


def test_the_next_draft_has_the_learned_form_and_after_undo_the_old_one(service: Service) -> None:
    before = drafted(service).current.text
    edited(service)
    assert drafted(service).current.text == BULLETS
    undone = profile.undo(service)
    assert undone.undone_at is not None
    assert undone.undo == ""
    assert drafted(service).current.text == before
    assert profile.list_preferences(service) == []


def test_a_lesson_in_the_midst_can_be_undone_and_leaves_the_others(service: Service) -> None:
    first, second = edited(service), edited(service, BULLETS.replace("Cheers", "Ciao"))
    assert first.lesson is not None
    assert second.lesson is not None
    profile.undo(service, first.lesson.id)
    assert [lesson.undone_at is None for lesson in profile.lessons(service)] == [True, False]
    with pytest.raises(BadRequest, match="undone before"):
        profile.undo(service, first.lesson.id)


def test_undo_says_so_where_there_is_nothing_to_undo(service: Service) -> None:
    with pytest.raises(NotFound, match="no lesson"):
        profile.undo(service)
    with pytest.raises(NotFound, match="no lesson 7"):
        profile.undo(service, 7)


def test_why_shows_the_edit_behind_a_preference_in_its_own_words(service: Service) -> None:
    edited(service)
    view = profile.why(service, preference(service, "greeting"))
    assert view.line.says == 'greet with "Hi {first},"'
    assert view.line.scope.says.startswith("in mail")
    [evidence] = [one for one in view.evidence if one.is_for]
    assert (evidence.quote_before, evidence.quote_after) == ("Hello Ann,", "Hi Ann,")
    assert "ann@example.org" in evidence.context
    assert view.changes[-1].what == "learned"


def test_a_pinned_preference_holds_whatever_later_edits_say(service: Service) -> None:
    edited(service)
    number = preference(service, "greeting")
    assert profile.pin(service, number).is_pinned
    for _ in range(3):
        edited(service, BULLETS.replace("Hi Ann", "Good morning, Ann"))
    assert values(service)["greeting"] == "Hi {first},"
    assert not profile.unpin(service, number).is_pinned
    assert values(service)["greeting"] != "Hi {first},"


def test_the_users_own_wording_takes_the_place_of_what_was_learned(service: Service) -> None:
    edited(service)
    line = profile.edit(service, preference(service, "greeting"), PreferenceEdit(value="Ahoy {first},"))
    assert (line.value, line.by, line.is_used) == ("Ahoy {first},", "user", True)
    assert drafted(service).current.text.startswith("Ahoy Ann,")


def test_a_preference_stated_by_hand_is_followed_at_once_and_where_it_is_meant(service: Service) -> None:
    line = profile.state(
        service, NewPreference(dimension="greeting", value="Moin {first},", recipient="Ann@Example.org")
    )
    assert line.is_pinned
    assert line.scope.recipient == "ann@example.org"
    assert drafted(service).current.text.startswith("Moin Ann,")
    assert not drafted(service, "Bo <bo@example.org>").current.text.startswith("Moin")


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (NewPreference(dimension="greting", value="Hi,"), "Did you mean 'greeting'"),
        (NewPreference(dimension="layout", value="poem"), "prose, bullets, numbered"),
        (NewPreference(dimension="words", value="many"), "an amount"),
        (NewPreference(dimension="words", value="-4"), "an amount"),
        (NewPreference(dimension="greeting", value="  "), "from 1 to"),
        (NewPreference(dimension="greeting", value="Hi,", kind="poem"), "no kind of text"),
        (NewPreference(dimension="greeting", value="Hi,", recipient="a\nb@c.de"), "no recipient"),
    ],
    ids=["dimension", "value", "no number", "negative", "empty", "kind", "recipient"],
)
def test_what_no_draft_could_follow_is_refused_with_a_remedy(service: Service, new: NewPreference, why: str) -> None:
    with pytest.raises(BadRequest) as refused:
        profile.state(service, new)
    assert why in str(refused.value)
    assert profile.list_preferences(service) == []


def test_a_forgotten_preference_is_followed_no_more_and_listed_with_all(service: Service) -> None:
    edited(service)
    for line in profile.list_preferences(service, dimension="greeting"):
        assert profile.forget(service, line.id).state == "forgotten"
    assert "greeting" not in values(service)
    assert drafted(service).current.text.startswith("Hello Ann,")
    assert "forgotten" in {one.state for one in profile.list_preferences(service, with_retired=True)}


@pytest.mark.parametrize("verb", [profile.why, profile.forget, profile.pin, profile.history])
def test_there_is_no_such_preference(service: Service, verb: object) -> None:
    with pytest.raises(NotFound, match="no preference 9"):
        verb(service, 9)  # type: ignore[operator]


def test_history_tells_what_changed_the_latest_first(service: Service) -> None:
    edited(service)
    profile.pin(service, preference(service, "greeting"))
    told = profile.history(service, preference(service, "greeting"))
    assert told[0].what == "pinned"
    assert told[-1].what == "learned"
    assert told[-1].lesson == 1


def test_a_profile_taken_in_elsewhere_writes_the_same_drafts(service: Service, tmp_path: Path) -> None:
    edited(service)
    text = drafted(service).current.text
    told = Exported.model_validate_json(profile.export(service).model_dump_json())
    other = open_service(tmp_path / "other")
    try:
        imported = profile.import_(other, told)
        assert imported.added > 0
        assert drafted(other).current.text == text
        assert profile.import_(other, told).added == 0
    finally:
        other.close()


def test_the_users_own_word_stands_above_an_imported_one(service: Service) -> None:
    profile.state(service, NewPreference(dimension="greeting", value="Moin {first},"))
    told = Exported(
        exported_at=NOW, preferences=[ExportedPreference(dimension="greeting", value="Dear {name},", is_pinned=True)]
    )
    assert profile.import_(service, told).kept == 1
    assert drafted(service).current.text.startswith("Moin Ann,")


def test_an_imported_file_with_what_there_is_not_is_refused_whole(service: Service) -> None:
    told = Exported(
        exported_at=NOW,
        preferences=[
            ExportedPreference(dimension="greeting", value="Hi,"),
            ExportedPreference(dimension="recipient", value="mallory@example.org"),
        ],
    )
    with pytest.raises(BadRequest, match="no dimension"):
        profile.import_(service, told)
    assert profile.list_preferences(service) == []


def test_the_cost_of_editing_falls_once_the_edit_was_learned(service: Service) -> None:
    clock = service.clock
    assert isinstance(clock, FakeClock)
    for _ in range(2):
        draft = drafted(service)
        decided = drafts.edit(service, draft.line.id, DraftEdit(version=1, text=BULLETS))
        clock.advance(timedelta(hours=1))
        drafts.approve(service, decided.draft.line.id)
    first, second = profile.cost(service, kind="mail", to="ann@example.org")
    assert first.cost > 0
    assert 0 < first.share <= 1
    assert second.cost == 0
    assert profile.cost(service, to="bo@example.org") == []


def test_the_audit_says_that_the_profile_changed_and_not_how(service: Service) -> None:
    profile.state(service, NewPreference(dimension="greeting", value="Moin {first},"))
    with service.database.read() as session:
        event = audit.latest(session, 1)[0]
    assert event.event == "stated"
    assert "Moin" not in str(event.detail)
