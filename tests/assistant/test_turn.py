"""A turn keeps what the user said, whatever becomes of the reply."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from assistant import conversations, memories
from assistant.answers.chat import Done, Saved, Say, Start, Step, Text
from assistant.answers.memory import Note
from assistant.engine.contract import Capability, ModelFailed, OutOfBudget
from assistant.errors import BadRequest, Conflict, NotFound, Unavailable
from assistant.ingest.indexing import index_pending
from assistant.progress import unheard
from assistant.service import Service
from assistant.sessions import floor, watched
from memory.models import TurnState
from memory.store import conversations as rows
from tests.assistant.talking import Talker, begin, say, speak, talking, told
from tests.fakes import FakeEngine


@pytest.fixture
def engine() -> Talker:
    return Talker("A fine reply.")


@pytest.fixture
def service(tmp_path: Path, engine: Talker) -> Iterator[Service]:
    with talking(tmp_path, engine) as service:
        yield service


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Service]:
    """A service without a model."""
    with talking(tmp_path) as service:
        yield service


def remember(service: Service, *texts: str) -> None:
    for text in texts:
        memories.add(service, Note(title=text.split(".")[0], text=text))
    index_pending(service.indexing(), unheard)


def test_the_words_are_a_row_before_anything_else_is_done(service: Service, engine: Talker) -> None:
    events = conversations.say(service, Say(text="Hello there."))
    saved = next(events)
    assert isinstance(saved, Saved)
    with service.database.read() as session:
        turn = rows.get_turn(session, saved.turn)
        assert turn is not None
        assert (turn.said, turn.state) == ("Hello there.", TurnState.WAITING)
    assert engine.requests == []
    events.close()


def test_the_events_come_in_order_and_the_turn_is_kept_as_it_was_streamed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "BEAT_S", 3600)  # a step that goes on is told again
    events = list(conversations.say(service, Say(text="Hello there.")))
    assert isinstance(events[0], Saved)
    assert isinstance(events[-1], Done)
    assert told(events) == "A fine reply." == events[-1].turn.reply
    steps = [event.what for event in events if isinstance(event, Step)]
    assert steps == ["loading", "reading", "recalling", "writing", "checking", "remembering"]
    kept = conversations.show(service).turns[0]
    assert kept.state == "done"
    assert kept.reply == "A fine reply."
    assert kept.usage.new_tokens == 3


def test_a_conversation_keeps_one_cache_and_sends_its_turns_word_for_word(service: Service, engine: Talker) -> None:
    begin(service, "One.")
    say(service, "Two.")
    first, second = engine.chats
    assert first.session == second.session == "conversation-1"
    assert [message.text for message in second.messages[1:3]] == ["One.", "A fine reply."]
    assert second.messages[0] == first.messages[0]


def test_a_model_that_fails_leaves_the_turn_with_the_sentence_and_the_next_one_works(tmp_path: Path) -> None:
    engine = Talker(ModelFailed("The model's process died.", "Ask again."), "Here I am.")
    with talking(tmp_path, engine) as service:
        with pytest.raises(ModelFailed):
            begin(service, "Are you there?")
        failed = conversations.show(service)
        assert failed.turns[0].state == "failed"
        assert failed.turns[0].error == "The model's process died. Ask again."
        assert failed.line.is_waiting
        done = say(service, "And now?")
        assert done.turn.reply == "Here I am."
        assert engine.chats[-1].messages[-1].text.startswith("Are you there?\n\nAnd now?")


def test_a_failed_turn_is_continued_when_the_user_comes_back(tmp_path: Path) -> None:
    engine = Talker(ModelFailed("It died."), "Here I am.")
    with talking(tmp_path, engine) as service:
        with pytest.raises(Unavailable):
            begin(service, "Are you there?")
        done = say(service, "")
        assert (done.turn.number, done.turn.said, done.turn.reply) == (1, "Are you there?", "Here I am.")
        assert done.turn.error == ""
        with pytest.raises(BadRequest, match="no turn waits"):
            say(service, "")


def test_an_engine_that_cannot_be_loaded_fails_the_turn_but_not_what_needs_no_model(tmp_path: Path) -> None:
    class Gone(FakeEngine):
        @property
        def capabilities(self) -> frozenset[Capability]:
            raise ModelFailed("The folder is no model.", "Run `telos model use NAME`.")

        @capabilities.setter
        def capabilities(self, _: object) -> None:
            pass

    with talking(tmp_path, Gone()) as service:
        with pytest.raises(ModelFailed, match="no model"):
            begin(service, "I live in Porto.", goal="Find a flat")
        view = conversations.show(service)
        assert view.turns[0].state == "failed"
        assert "no model" in view.turns[0].error


def test_a_reply_that_is_stopped_is_kept_as_far_as_it_came_and_the_model_is_told(
    service: Service, engine: Talker
) -> None:
    events = conversations.say(service, Say(text="Tell me all."))
    for event in events:
        if isinstance(event, Text):
            break
    events.close()
    assert engine.cancelled == 1
    kept = conversations.show(service).turns[0]
    assert kept.state == "cancelled"
    assert kept.reply.strip() == "A"
    say(service, "Go on.")
    assert engine.chats[-1].messages[2].text == "A …"


def test_a_turn_that_only_waits_is_answered_with_the_next_message(service: Service, engine: Talker) -> None:
    begin(service, "One.")
    with service.database.write() as session:
        row = rows.last(session)
        assert row is not None
        rows.add_turn(session, row, "Two, and then the power went.", service.clock.now())
    done = say(service, "Three.")
    assert done.turn.number == 3
    assert engine.chats[-1].messages[-1].text.startswith("Two, and then the power went.\n\nThree.")
    waited = conversations.show(service).turns[1]
    assert waited.state == "failed"
    assert "together with turn 3" in waited.error
    say(service, "Four.")
    assert [message.text for message in engine.chats[-1].messages[3:5]] == [
        "Two, and then the power went.\n\nThree.",
        "A fine reply.",
    ]


def test_without_a_model_the_reply_quotes_what_was_found_and_names_the_command(bare: Service) -> None:
    remember(bare, "The ferry to the island sails at nine each morning. It costs ten euros.", "Bread needs salt.")
    done = begin(bare, "When does the ferry to the island sail?")
    assert "sails at nine" in done.turn.reply
    assert "[1]" in done.turn.reply
    assert "`telos model use NAME`" in done.turn.reply
    assert "Bread" not in done.turn.reply
    assert [one.kind for one in done.turn.citations] == ["item"]
    assert done.turn.state == "done"


def test_a_question_that_is_asked_again_is_answered_first_and_the_model_is_told(
    service: Service, engine: Talker
) -> None:
    begin(service, "Which of the two hotels is nearer to the station?", goal="A night in Vigo")
    assert "once more" not in engine.chats[-1].messages[-1].text
    say(service, "Which of the two hotels is nearer to the station?")
    assert "once more" in engine.chats[-1].messages[-1].text


def test_without_a_model_what_was_only_asked_before_is_not_told_as_found(bare: Service) -> None:
    begin(bare, "When does the night ferry to Portsmouth run?")
    begin(bare, "The night ferry to Portsmouth has cabins.")
    reply = begin(bare, "Tell me of the night ferry to Portsmouth.").turn.reply
    assert "has cabins" in reply
    assert "When does" not in reply


def test_recalled_items_are_data_in_the_tail_and_cited_by_their_number(tmp_path: Path) -> None:
    engine = Talker("It sails at nine [1], or at ten [7].")
    with talking(tmp_path, engine) as service:
        remember(service, "The ferry to the island sails at nine each morning.")
        done = begin(service, "When does the ferry to the island sail?")
    request = engine.chats[0]
    assert "data" in request.messages[-1].text
    assert "[1] (notes" in request.messages[-1].text
    assert request.item_ids == [1]
    assert [(one.number, one.kind, one.id) for one in done.turn.citations] == [(1, "item", 1)]
    (check,) = [check for check in done.turn.checks if "citation" in check.what]
    assert not check.passed
    assert "[7]" in check.why


def test_nothing_is_recalled_that_has_nothing_to_do_with_the_message(service: Service, engine: Talker) -> None:
    remember(service, "Bread needs salt and time.")
    begin(service, "Which planet has rings?")
    assert "Bread" not in engine.chats[0].messages[-1].text


def test_earlier_conversations_are_recalled_but_sensitive_ones_only_in_themselves(
    service: Service, engine: Talker
) -> None:
    begin(service, "My violin teacher lives in Leipzig.")
    begin(service, "My violin makes me sad, secretly.", is_sensitive=True)
    begin(service, "Where does my violin teacher live?")
    tail = engine.chats[-1].messages[-1].text
    assert "lives in Leipzig" in tail
    assert "secretly" not in tail


def test_everything_in_the_prompt_and_left_out_of_it_is_explained(service: Service, engine: Talker) -> None:
    begin(service, "Hello.")
    say(service, "word " * 9000)
    explanation = conversations.explain(service, 1, 2)
    assert [part.name for part in explanation.parts] == ["head", "turn 1, message", "turn 1, reply", "message", "act"]
    assert "message" in [part.name for part in explanation.left_out]
    assert explanation.prompt_tokens == engine.count(engine.chats[-1].messages)
    assert conversations.show(service).turns[1].said == "word " * 9000
    assert "You are Telos" in explanation.parts[0].text


def test_two_terminals_do_not_speak_at_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floor, "PATIENCE_S", 0)
    begin(service, "One.")
    events = speak(service, "Two.")
    next(events)
    with pytest.raises(Conflict, match="being answered"):
        say(service, "Three.")
    events.close()
    assert say(service, "Four.").turn.reply == "A fine reply."


def test_who_speaks_while_the_last_turn_is_about_to_let_go_is_answered(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "PATIENCE_S", 60)
    begin(service, "One.")
    events = speak(service, "Two.")
    next(events)
    with ThreadPoolExecutor(1) as pool:
        third = pool.submit(say, service, "Three.")
        time.sleep(0.2)
        events.close()
        assert third.result(timeout=20).turn.number == 3


@pytest.mark.parametrize(
    ("wish", "failure"),
    [
        (Say(text=""), BadRequest),
        (Say(text=" \n\t "), BadRequest),
        (Say(text="Hello.", last=True), NotFound),
        (Say(text="Hello.", conversation=9), NotFound),
        (Say(text="Hello.", conversation=9, last=True), BadRequest),
        (Say(text="Hello.", start=Start(playbook="nonesuch")), NotFound),
        (Say(text="Hello.", start=Start(goal_id=5)), NotFound),
        (Say(text="x" * 1_000_001), BadRequest),
    ],
    ids=["empty", "white", "no-last", "no-number", "two-places", "no-playbook", "no-goal", "too-long"],
)
def test_what_makes_no_sense_is_refused_and_keeps_nothing(
    service: Service, wish: Say, failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        list(conversations.say(service, wish))
    assert conversations.recent(service, 10) == []


@pytest.mark.parametrize("text", ["\x00\x01\x1b[2J", "half \ud800 a character", "‮desrever", "a" * 200_000])
def test_strange_messages_are_kept_and_answered(service: Service, engine: Talker, text: str) -> None:
    done = begin(service, text)
    assert done.turn.reply == "A fine reply."
    assert done.turn.said == text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    sent = engine.chats[-1].messages[-1].text
    assert not set(sent) & {"\x00", "\x1b", "‮"}


def test_a_long_conversation_is_compacted_once_when_it_passes_its_budget(tmp_path: Path) -> None:
    engine = Talker("So it is said of the sea and the ships. " * 16)
    with talking(tmp_path, engine) as service:
        compacted = []
        begin(service, "Tell me of the sea.")
        for number in range(2, 21):
            steps = [event.what for event in speak(service, f"And number {number}?") if isinstance(event, Step)]
            if "compacting" in steps:
                compacted.append(number)
            explanation = conversations.explain(service, 1)
            assert explanation.dialogue_tokens <= 1600
            assert explanation.compacted == ("compacting" in steps)
        assert 1 <= len(compacted) <= 4
        assert all(later - earlier > 4 for earlier, later in pairwise(compacted))


def test_a_days_ceiling_fails_the_turn_with_its_sentence(tmp_path: Path) -> None:
    engine = Talker(OutOfBudget("The tokens of today are spent.", "Ask tomorrow."))
    with talking(tmp_path, engine) as service:
        with pytest.raises(OutOfBudget):
            begin(service, "Hello.")
        assert conversations.show(service).turns[0].error == "The tokens of today are spent. Ask tomorrow."


def test_an_empty_reply_is_a_failed_one(tmp_path: Path) -> None:
    with talking(tmp_path, Talker("")) as service:
        with pytest.raises(ModelFailed, match="empty"):
            begin(service, "Hello.")
        assert conversations.show(service).line.is_waiting


def test_a_reply_with_a_patch_that_does_not_fit_is_written_once_more(tmp_path: Path) -> None:
    bad = "```diff\n--- a/hi.py\n+++ b/hi.py\n@@ -1 +1 @@\n-print('bye')\n+print('ho')\n```"
    good = bad.replace("bye", "hi")
    engine = Talker(f"Here:\n{bad}", f"Here:\n{good}")
    file = {"path": "hi.py", "text": "print('hi')\n"}
    with talking(tmp_path, engine) as service:
        events = list(speak(service, "Say ho.", start=Start(playbook="pair-programming", attachments=[file])))
        assert told(events) == f"Here:\n{good}"
        asked, again = engine.chats
        assert again.messages[-1].text.startswith(asked.messages[-1].text)
        assert "does not fit" in again.messages[-1].text
        assert "+print('ho')" in conversations.patch_of(service, 1)


def test_a_reply_that_stays_broken_is_written_no_third_time(tmp_path: Path) -> None:
    bad = "```diff\n--- a/hi.py\n+++ b/hi.py\n@@ -1 +1 @@\n-print('bye')\n+print('ho')\n```"
    engine = Talker(f"Here:\n{bad}")
    with talking(tmp_path, engine) as service:
        file = {"path": "hi.py", "text": "print('hi')\n"}
        done = begin(service, "Say ho.", playbook="pair-programming", attachments=[file])
        assert len(engine.chats) == 2
        assert not all(check.passed for check in done.turn.checks)
        with pytest.raises(BadRequest, match="does not fit"):
            conversations.patch_of(service, 1)


def test_what_a_playbook_is_not_is_said_once_at_the_start(service: Service) -> None:
    first = begin(service, "I had a bad day.", playbook="supportive-listener")
    assert any("no therapist" in notice for notice in first.notices)
    assert not any("no therapist" in notice for notice in say(service, "It rained.").notices)


def test_who_may_be_in_danger_is_told_of_help_and_of_nothing_else_where_no_model_is(bare: Service) -> None:
    reply = begin(bare, "Everyone would be better off without me.", playbook="supportive-listener").turn.reply
    assert "116 123" in reply
    assert "telos model" not in reply
