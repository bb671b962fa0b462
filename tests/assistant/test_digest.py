"""What the user reads: what is chosen, what is said of it, what is left out, and how answers change it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.config.schema import DigestSettings, UserSettings
from assistant.digest import record, view
from assistant.digest.view import DigestView
from assistant.errors import NotFound
from memory.models import MuteKind, Verb
from memory.store import items, mutes, sources
from tests.assistant.newsroom import NOW, Newsroom
from tests.fakes import MoodyEmbedder

TOPICS = {
    "tides": "The tidal power station at Grey Point turned its first turbine and sent current to the harbour.",
    "bread": "Bakers in Norden sell loaves of old rye flour, ground by a mill beside the northern lake.",
    "chess": "A grandmaster from Velm won the endgame with a quiet rook move that nobody had foreseen.",
    "robots": "Engineers taught a walking robot to climb stairs while it carries a tray of glasses.",
    "birds": "Ornithologists counted more storks than ever on the wet meadows after a mild winter.",
    "trains": "The night train to the coast returns in spring with couchette cars and a dining wagon.",
}


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def publish_topics(newsroom: Newsroom, source: str = "town", suffix: str = "") -> list[int]:
    return newsroom.publish(
        source, *(newsroom.item(f"About {name}{suffix}", text + suffix) for name, text in TOPICS.items())
    )


def titles(digest: DigestView) -> list[str]:
    return [entry.title for entry in digest.entries]


def kinds(digest: DigestView) -> list[str]:
    return [note.kind for note in digest.notes]


def test_a_digest_tells_each_story_with_citations_and_reasons(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    digest = newsroom.build()
    assert sorted(titles(digest)) == sorted(f"About {name}" for name in TOPICS)
    assert [entry.number for entry in digest.entries] == list(range(1, 7))
    for entry in digest.entries:
        assert entry.sentences
        assert entry.reasons
        assert entry.citations[0].source == "town"
        assert all(sentence.text in TOPICS[entry.title.split()[-1]] for sentence in entry.sentences)


def test_what_the_user_wrote_is_no_news_and_what_others_answer_is(newsroom: Newsroom) -> None:
    mine = newsroom.item("About tides", TOPICS["tides"], by_me=True)
    newsroom.publish("town", mine, newsroom.item("About chess", TOPICS["chess"], to_me=True))
    assert titles(newsroom.build()) == ["About chess"]
    newsroom.publish("harbour", newsroom.item("About tides", TOPICS["tides"]))
    digest = newsroom.build()
    assert sorted(titles(digest)) == ["About chess", "About tides"]
    cited = {
        citation.source for entry in digest.entries for citation in entry.citations if entry.title == "About tides"
    }
    assert cited == {"harbour"}


def test_building_twice_gives_the_same_digest_and_changes_nothing(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    assert newsroom.build() == newsroom.build()


def test_what_was_kept_is_read_again_as_it_was_built(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    built = newsroom.build()
    kept = newsroom.send()
    assert kept.id is not None
    assert replace(kept, id=None) == built
    with newsroom.database.read() as session:
        assert record.load(session, kept.id) == kept
        with pytest.raises(NotFound, match="no digest 99"):
            record.load(session, 99)


def test_a_view_travels_as_json(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    digest = newsroom.build()
    assert view.from_json(json.loads(json.dumps(view.to_json(digest)))) == digest


def test_an_erased_item_is_no_longer_cited(newsroom: Newsroom) -> None:
    ids = newsroom.publish("town", newsroom.item("About tides", TOPICS["tides"]))
    kept = newsroom.send()
    with newsroom.database.write() as session:
        items.remove(session, ids)
    with newsroom.database.read() as session:
        (entry,) = record.load(session, kept.id or 0).entries
    assert not entry.citations
    assert not entry.sentences


# Answers


def test_answers_change_the_next_order_and_undoing_one_restores_it_exactly(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    first = newsroom.send()
    newsroom.wait(days=4)
    publish_topics(newsroom, suffix=" again")
    before = newsroom.build()
    liked = before.entries[-1].title.removesuffix(" again")
    newsroom.answer(first, next(entry.number for entry in first.entries if entry.title == liked), Verb.MORE)
    after = newsroom.build()
    assert after.entries[0].title == f"{liked} again"
    assert "like an item you wanted more of" in after.entries[0].reasons
    newsroom.undo()
    assert newsroom.build() == before


def test_what_is_dropped_sinks_and_is_left_out_in_the_end(newsroom: Newsroom) -> None:
    newsroom.digest = DigestSettings(unproven_share=0)
    for day in range(5):
        publish_topics(newsroom, suffix=f" {day}")
        digest = newsroom.send()
        for entry in digest.entries:
            newsroom.answer(digest, entry.number, Verb.DROP if "chess" in entry.title else Verb.MORE)
        newsroom.wait(days=4)
    publish_topics(newsroom, suffix=" at last")
    digest = newsroom.build()
    assert len(digest.entries) == len(TOPICS) - 1
    assert not any("chess" in title for title in titles(digest))
    (note,) = [note for note in digest.notes if note.kind == "left_out"]
    assert note.facts == {"n": 1, "unlikely": 1, "room": 0}


def test_forgotten_items_teach_nothing(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    first = newsroom.send()
    newsroom.wait(days=4)
    publish_topics(newsroom, suffix=" again")
    before = newsroom.build()
    assert before.entries
    newsroom.answer(first, 3, Verb.KEEP)
    with newsroom.database.write() as session:
        items.hide(session, first.entries[2].citations[0].item_id, newsroom.now)
    assert newsroom.build() == before


@pytest.mark.parametrize(
    ("kind", "value"),
    [(MuteKind.WORD, "rook"), (MuteKind.AUTHOR, "ada byron"), (MuteKind.SOURCE, "town"), (MuteKind.STORY, "1")],
)
def test_what_is_muted_is_left_out_and_counted(newsroom: Newsroom, kind: MuteKind, value: str) -> None:
    newsroom.publish("town", newsroom.item("Endgame", TOPICS["chess"], authors=("Ada Byron",)))
    newsroom.publish("wire", newsroom.item("Storks", TOPICS["birds"] + " The rookie was there."))
    with newsroom.database.write() as session:
        mute = mutes.add(session, kind, value, newsroom.now)
    digest = newsroom.build()
    assert titles(digest) == ["Storks"]
    assert "One item was left out because you muted it." in [note.sentence for note in digest.notes]
    with newsroom.database.write() as session:
        mutes.undo(session, session.merge(mute), newsroom.now)
    assert len(newsroom.build().entries) == 2


# Choice


def test_no_source_and_no_section_takes_more_than_its_share_while_others_have_something(newsroom: Newsroom) -> None:
    newsroom.digest = DigestSettings(entries=4, per_source_share=0.5, section_share=0.75, unproven_share=0)
    newsroom.sources = {"town": "", "wire": "", "lab": "Science"}
    publish_topics(newsroom, "town")
    newsroom.publish("wire", newsroom.item("A wire story", "Something else entirely happened in the far south."))
    newsroom.publish("lab", newsroom.item("A lab story", "Crystals grew under glass for the length of a year."))
    digest = newsroom.build()
    leads = [entry.citations[0].source for entry in digest.entries]
    assert sorted(leads) == ["lab", "town", "town", "wire"]
    assert {section.heading for section in digest.sections} == {"News", "Science"}


def test_one_source_alone_may_fill_the_digest(newsroom: Newsroom) -> None:
    newsroom.digest = DigestSettings(entries=5, per_source_share=0.2)
    publish_topics(newsroom)
    assert len(newsroom.build().entries) == 5


def test_a_share_of_guesses_is_marked(newsroom: Newsroom) -> None:
    newsroom.digest = DigestSettings(entries=5, unproven_share=0.2)
    publish_topics(newsroom)
    guesses = [entry for entry in newsroom.build().entries if entry.is_unproven]
    assert len(guesses) == 1
    assert guesses[0].reasons[0] == "little is known yet of your taste here"


def test_an_interest_of_the_configuration_comes_first_and_is_the_reason(newsroom: Newsroom) -> None:
    newsroom.user = UserSettings(timezone="UTC", interests=("walking robot",))
    publish_topics(newsroom)
    first = newsroom.build().entries[0]
    assert first.title == "About robots"
    assert "matches “walking robot”" in first.reasons


# The foot


def test_a_failing_and_a_stale_source_are_named_and_a_paused_one_is_not(newsroom: Newsroom) -> None:
    for name in ("broken", "silent", "fine"):
        newsroom.publish(name, newsroom.item(f"About {name}", f"A sentence about {name} things."))
    with newsroom.database.write() as session:
        broken, silent = sources.by_name(session, "broken"), sources.by_name(session, "silent")
        assert broken
        assert silent
        broken.broken_since, broken.last_error = NOW - timedelta(days=2), "The address answers 404."
        silent.stale_since = silent.last_new_item_at = NOW - timedelta(days=9)
        session.add_all([broken, silent])
    said = [note.sentence for note in newsroom.build().notes if note.is_trouble]
    assert said == [
        "broken has failed since 18 November: The address answers 404.",
        "silent answers, but has brought nothing new since 11 November.",
    ]


def test_lateness_and_missed_days_are_said(newsroom: Newsroom) -> None:
    publish_topics(newsroom)
    said = [
        note.sentence
        for note in newsroom.build(
            due_at=NOW - timedelta(hours=2), missed=(date(2026, 11, 18), date(2026, 11, 19))
        ).notes
    ]
    assert any("due 04:00 and comes late" in sentence for sentence in said)
    assert any("no digest on 18 November and 19 November" in sentence for sentence in said)


def test_languages_the_embedder_does_not_know_are_said(newsroom: Newsroom) -> None:
    newsroom.publish("post", newsroom.item("潮汐能试验开始", "潮汐发电站开工。专家表示欢迎。", language="zh"))
    (note,) = [note for note in newsroom.build().notes if note.kind == "language"]
    assert "(zh)" in note.sentence


def test_headings_are_in_the_users_language_and_texts_in_their_own(newsroom: Newsroom) -> None:
    newsroom.user = UserSettings(timezone="UTC", language="de")
    publish_topics(newsroom)
    digest = newsroom.build()
    assert digest.sections[0].heading == "Nachrichten"
    assert digest.entries[0].sentences[0].text in TOPICS.values()


def test_without_an_answer_of_the_embedder_the_digest_is_built_and_says_so(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path, embedder=None)
    publish_topics(newsroom)
    newsroom.embedder = MoodyEmbedder(is_away=True)
    newsroom.user = UserSettings(timezone="UTC", interests=("chess",))
    digest = newsroom.build()
    assert digest.entries[0].title == "About chess"
    assert "no_meaning" in kinds(digest)


def test_a_sentence_without_citation_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="cites nothing"):
        view.Sentence(text="It is so.", citations=())


# Properties

TITLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60)
BODY = st.lists(st.sampled_from([*TOPICS.values(), "短句。", "A", "", "Read more at length."]), max_size=5).map(
    " ".join
)


@settings(max_examples=10, deadline=None)
@given(
    texts=st.lists(st.tuples(TITLE, BODY, st.sampled_from(["town", "wire", "lab"])), max_size=14),
    minutes=st.floats(0.05, 5),
    entries=st.integers(1, 12),
    unproven=st.floats(0, 0.5),
)
def test_whatever_is_published_the_digest_keeps_its_promises(
    texts: list[tuple[str, str, str]], minutes: float, entries: int, unproven: float
) -> None:
    """Claims are cited, stories told once, quotas of length and number held, numbers without gaps."""
    with TemporaryDirectory() as folder:
        limits = DigestSettings(entries=entries, reading_minutes=minutes, unproven_share=unproven)
        newsroom = Newsroom(Path(folder), digest=limits)
        for number, (title, text, source) in enumerate(texts):
            newsroom.publish(source, newsroom.item(title, text, external_id=str(number)))
        digest = newsroom.build()
        newsroom.database.close()
    assert len(digest.entries) <= entries
    assert digest.words <= minutes * view.WORDS_A_MINUTE
    assert [entry.number for entry in digest.entries] == list(range(1, len(digest.entries) + 1))
    assert len({entry.story_id for entry in digest.entries}) == len(digest.entries)
    for entry in digest.entries:
        cited = {citation.number for citation in entry.citations}
        assert cited
        assert entry.reasons
        assert 0 <= entry.score <= 1
        assert all(set(sentence.citations) <= cited for sentence in entry.sentences)
    left_out = sum(note.facts["n"] for note in digest.notes if note.kind == "left_out")
    assert len(digest.entries) + left_out == digest.candidates
