"""Where memory holds no answer, Telos says so in one plain sentence; earlier talk is found as items are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import memories
from assistant.answers.memory import Lines, Note
from assistant.ingest.turns import embed_turns
from assistant.progress import unheard
from assistant.service import Service
from assistant.sessions import unknown
from memory import spoken
from memory.models import Turn
from memory.recall import Recall
from memory.store import conversations, turn_vectors
from tests.assistant.talking import Talker, begin, say, talking


def keep(service: Service, text: str) -> None:
    memories.add(service, Note(text=text))
    memories.index(service, unheard)


def service_recall(service: Service) -> Recall:
    return Recall(service.database, service.embedder, service.vectors)


def test_without_a_model_a_question_that_nothing_answers_is_answered_by_i_do_not_know(tmp_path: Path) -> None:
    with talking(tmp_path) as service:
        keep(service, "The ferry to Naxos leaves at nine.")
        reply = begin(service, "Where did Ana hide the silver teapot?").turn.reply
    assert "I do not know: nothing in memory answers this; I looked for" in reply
    assert "“silver”, “teapot”" in reply


def test_without_a_model_what_memory_answers_is_quoted_with_its_number(tmp_path: Path) -> None:
    with talking(tmp_path) as service:
        keep(service, "Ana hid the silver teapot under the stairs.")
        turn = begin(service, "Where did Ana hide the silver teapot?").turn
    assert "I do not know" not in turn.reply
    assert "under the stairs" in turn.reply
    assert [one.kind for one in turn.citations] == ["item"]


def test_a_model_is_told_when_memory_holds_no_answer_and_only_then(tmp_path: Path) -> None:
    engine = Talker()
    with talking(tmp_path, engine) as service:
        keep(service, "Ana hid the silver teapot under the stairs.")
        begin(service, "Where did Bruno park the yellow tractor?")
        begin(service, "Where did Ana hide the silver teapot?")
        begin(service, "Let us plan a holiday.")
    asked, answered, wished = (request.messages[-1].text for request in engine.chats)
    assert "reply just: I do not know" in asked
    assert "I do not know" not in answered
    assert "I do not know" not in wished


def test_what_another_person_said_is_not_given_as_an_answer(tmp_path: Path) -> None:
    engine = Talker()
    said = [
        ("Cleo", "My necklace was a present of my grandmother."),
        ("Cleo", "She kept bees and sold the honey in town."),
        ("Cleo", "Honey keeps for ever, they say, if it is dry."),
        ("Bruno", "The train to Lisbon was late again, sadly."),
    ]
    lines = [
        json.dumps({"ref": str(n), "author": who, "thread": "t", "time": f"2026-03-02T10:0{n}:00", "text": text})
        for n, (who, text) in enumerate(said)
    ]
    with talking(tmp_path, engine) as service:
        memories.import_lines(service, Lines(lines=lines))
        memories.index(service, unheard)
        begin(service, "Who gave Cleo the necklace as a present?")
        begin(service, "Who gave Bruno the necklace as a present?")
    of_cleo, of_bruno = (request.messages[-1].text for request in engine.chats)
    assert "my grandmother" in of_cleo.lower()
    assert "reply just: I do not know" in of_bruno


def test_a_word_that_is_also_the_name_of_an_author_takes_no_answer_away(tmp_path: Path) -> None:
    """Who wrote an article is nobody who was asked for what they said."""
    engine = Talker()
    lines = [
        json.dumps(
            {"ref": "1", "author": "Bea Hill", "text": "The red rose of the ferry to Naxos was painted by Milo."}
        ),
        json.dumps({"ref": "2", "author": "Rose Lee", "text": "The ferry harbour has a new roof."}),
    ]
    with talking(tmp_path, engine) as service:
        memories.import_lines(service, Lines(lines=lines))
        memories.index(service, unheard)
        begin(service, "Who painted the red rose of the ferry to Naxos?")
    prompt = engine.chats[-1].messages[-1].text
    assert "painted by Milo" in prompt
    assert "I do not know" not in prompt


def test_an_earlier_turn_is_found_by_the_turn_beside_it(tmp_path: Path) -> None:
    engine = Talker("Under the stairs, behind the boots.", "Fine.", "Fine.")
    with talking(tmp_path, engine) as service:
        begin(service, "Remind me where the silver teapot of Ana stands.")
        say(service, "It moved to the attic yesterday, next to the trunk.")
        found = service_recall(service).spoken("Ana's silver teapot", limit=5)
    assert [one.turn.number for one in found] == [1]


def test_what_is_not_known_is_not_told_as_what_was_replied_before(tmp_path: Path) -> None:
    question = "Where did Ana hide the silver teapot?"
    with talking(tmp_path) as service:
        keep(service, "The ferry to Naxos leaves at nine.")
        first, again = (begin(service, question).turn.reply for _ in range(2))
    assert first.count("I do not know") == again.count("I do not know") == 1
    assert "you replied" not in again


def test_nothing_stands_beside_a_turn_but_its_own_conversation() -> None:
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    turns = [
        Turn(id=number, conversation_id=talk, number=place, asked_at=at, said="S", reply="R")
        for number, talk, place in ((1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 2, 5))
    ]
    around = {one.id: set(one.around) for one in spoken._passages(turns, turns)}
    assert around == {2: {3}, 3: {2}, 4: {5, 6}, 5: {4, 6, 7}, 6: {4, 5, 7}, 7: {5, 6}, 8: {9}, 9: {8}}


def test_the_vectors_of_a_turn_go_when_it_is_taken_back(tmp_path: Path) -> None:
    with talking(tmp_path, Talker()) as service:
        begin(service, "The silver teapot stands in the attic.")
        assert embed_turns(service.database, service.embedder) == 2
        assert embed_turns(service.database, service.embedder) == 0
        with service.database.write() as session:
            assert len(turn_vectors.latest(session, service.embedder.slug, 64, 10)[0]) == 2
        found = service_recall(service).spoken("teapot attic", limit=5)
        assert found[0].cosine is not None
        with service.database.write() as session:
            row = conversations.get_turn(session, found[0].turn.id or 0)
            assert row is not None
            conversations.undo_turn(session, row, service.clock.now())
            assert len(turn_vectors.latest(session, service.embedder.slug, 64, 10)[0]) == 0
        assert service_recall(service).spoken("teapot attic", limit=5) == []


@pytest.mark.parametrize(
    ("looked_for", "expected"),
    [
        ([], "I do not know: nothing in memory answers this."),
        (["tea", "pot"], "I do not know: nothing in memory answers this; I looked for “tea”, “pot”."),
    ],
)
def test_the_sentence_names_what_was_looked_for(looked_for: list[str], expected: str) -> None:
    assert unknown.sentence(looked_for) == expected
