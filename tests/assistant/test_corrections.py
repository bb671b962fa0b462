"""A digest that the user edited teaches how the next ones are made: their words, their length, their sections, their order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant import corrections, digests, drafts, profile
from assistant.answers.digest import DigestText
from assistant.answers.drafts import NewDraft
from assistant.answers.profile import NewPreference
from assistant.clock import FakeClock
from assistant.home import Home
from assistant.service import Service
from memory.identity import NewItem
from memory.models import Verb
from memory.store import feedback, items, sources, stories
from tests.databases import open_empty
from tests.fakes import HeldIndex, WordEmbedder

CONFIGURATION = """
[user]
email = "anna@example.org"
timezone = "UTC"

[[sources]]
name = "town"
kind = "feeds"
url = "https://town.example/feed"

[[sources]]
name = "harbour"
kind = "feeds"
url = "https://harbour.example/feed"
section = "Harbour"
"""
BODY = (
    "The council of {place} voted on the harbour dues. Boats from {place} will pay twice the old price in spring. "
    "Fishing crews of {place} protested in front of the hall. The mayor of {place} hopes for new quays."
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 11, 19, 5, 0, tzinfo=UTC))


@pytest.fixture
def service(tmp_path: Path, clock: FakeClock) -> Iterator[Service]:
    home = Home.at(tmp_path / "home")
    home.prepare()
    open_empty(home.database).close()
    home.config_file.write_text(CONFIGURATION)
    service = Service(home, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex)
    publish(service, "town", "Norden", "Baltrum")
    publish(service, "harbour", "Velm")
    digests.send(service)
    yield service
    service.close()


def publish(service: Service, source: str, *places: str) -> list[int]:
    now = service.clock.now()
    with service.database.write() as session:
        row = sources.ensure(session, source, "feeds", now)
        new = [
            NewItem(
                external_id=place,
                title=f"News from {place}",
                text=BODY.format(place=place),
                published=now,
                language="en",
            )
            for place in places
        ]
        ids = list(items.save(session, row.id or 0, new, now).new_ids)
        for item_id, place in zip(ids, places, strict=True):
            story = stories.create(session, place, now)
            stories.join(session, story.id or 0, [item_id], now)
    return ids


def number_of(service: Service, title: str) -> int:
    return next(entry.number for entry in digests.show(service).entries if entry.title == title)


def edited(service: Service, before: str, after: str) -> DigestText:
    shown = corrections.text(service)
    assert before in shown.text
    return shown.model_copy(update={"text": shown.text.replace(before, after)})


def without(service: Service, start: str) -> DigestText:
    """The digest's text without the part that begins with `start`, up to the next heading of its rank."""
    shown = corrections.text(service)
    head, rest = shown.text.split(start, 1)
    rank = start.split(" ")[0]
    kept = rest.split(f"\n{rank} ", 1)[1:]
    return shown.model_copy(update={"text": head + "".join(f"{rank} {part}" for part in kept)})


def said(service: Service) -> list[Verb]:
    with service.database.read() as session:
        return [one.verb for one in feedback.effective(session)]


def test_a_digest_left_as_it_was_teaches_nothing(service: Service) -> None:
    done = corrections.correct(service, corrections.text(service))
    assert (done.lessons, done.less, done.question) == ([], [], "")
    assert drafts.list_drafts(service) == []


def test_an_entry_written_otherwise_is_a_draft_with_its_lesson(service: Service) -> None:
    number = number_of(service, "News from Norden")
    entry = next(one for one in digests.show(service).entries if one.number == number)
    told = " ".join(sentence.text for sentence in entry.sentences)
    done = corrections.correct(service, edited(service, told, entry.sentences[0].text))
    assert len(done.lessons) == 1
    assert done.lessons[0].cost > 0
    draft = drafts.show(service, done.lessons[0].draft or 0)
    assert (draft.line.kind, draft.current.text) == ("digest", entry.sentences[0].text)
    assert digests.show(service).entries[number - 1] == entry  # the digest stays what was sent


def test_an_edited_digest_is_edited_further_from_where_it_was_left(service: Service) -> None:
    number = number_of(service, "News from Velm")
    entry = digests.show(service).entries[number - 1]
    told = " ".join(sentence.text for sentence in entry.sentences)
    first = corrections.correct(service, edited(service, told, entry.sentences[0].text))
    assert corrections.correct(service, corrections.text(service)).lessons == []
    again = corrections.correct(service, edited(service, entry.sentences[0].text, entry.sentences[1].text))
    assert [one.draft for one in again.lessons] == [one.draft for one in first.lessons]
    assert len(profile.lessons(service)) == 1


def test_an_entry_taken_out_is_less_of_its_story_and_can_be_taken_back(service: Service) -> None:
    number = number_of(service, "News from Norden")
    done = corrections.correct(service, without(service, f"### {number}."))
    assert [(one.number, one.verb) for one in done.less] == [(number, "less")]
    assert said(service) == [Verb.LESS]
    assert corrections.correct(service, without(service, f"### {number}.")).less == []


def test_a_section_taken_out_stays_out_until_its_lesson_is_undone(service: Service, clock: FakeClock) -> None:
    done = corrections.correct(service, without(service, "## Harbour"))
    assert done.less == []
    assert len(done.lessons) == 1
    again = corrections.correct(service, without(service, "## Harbour"))
    clock.set(clock.now() + timedelta(days=1))
    publish(service, "harbour", "Grauort")
    publish(service, "town", "Langeoog")
    assert {entry.title for entry in digests.preview(service).entries} == {"News from Langeoog"}
    for lesson in [*again.lessons, *done.lessons]:
        profile.undo(service, lesson.id)
    assert {entry.title for entry in digests.preview(service).entries} == {"News from Langeoog", "News from Grauort"}


def test_entries_have_the_length_and_the_words_that_were_learned(service: Service, clock: FakeClock) -> None:
    clock.set(clock.now() + timedelta(days=1))
    publish(service, "town", "Langeoog")
    before = digests.preview(service).entries[0]
    assert len(before.sentences) > 1
    profile.state(service, NewPreference(dimension="sentences", value="1", kind="digest"))
    profile.state(service, NewPreference(dimension="term/harbour", value="port", kind="digest"))
    after = digests.preview(service).entries[0]
    assert len(after.sentences) == 1
    assert "harbour" not in after.sentences[0].text
    assert after.sentences[0].citations == (1,)


def test_what_was_learned_of_mails_does_not_shorten_the_digest(service: Service, clock: FakeClock) -> None:
    clock.set(clock.now() + timedelta(days=1))
    publish(service, "town", "Langeoog")
    profile.state(service, NewPreference(dimension="sentences", value="1", kind="mail"))
    assert len(digests.preview(service).entries[0].sentences) > 1


def test_what_a_draft_was_made_of_is_ranked_higher_once_the_draft_is_approved(
    service: Service, clock: FakeClock
) -> None:
    clock.set(clock.now() + timedelta(days=1))
    ids = publish(service, "town", "Langeoog", "Spiekeroog")
    chances = {entry.title: entry.score for entry in digests.preview(service).entries}
    draft = drafts.new(service, NewDraft(kind="note", items=ids[:1]))
    clock.set(clock.now() + timedelta(minutes=1))
    assert {entry.title: entry.score for entry in digests.preview(service).entries} == pytest.approx(chances, abs=0.01)
    drafts.approve(service, draft.line.id)
    raised = {entry.title: entry.score for entry in digests.preview(service).entries}
    assert raised["News from Langeoog"] > chances["News from Langeoog"] + 0.01
