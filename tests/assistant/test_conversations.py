"""Conversations are listed, shown, found, taken back, saved and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from assistant import conversations, goals, opinions
from assistant.answers.chat import Done, Opinion, Say, Start, Step
from assistant.answers.goals import GoalEdit, GoalEnd, NewGoal
from assistant.clock import FakeClock
from assistant.config.schema import ChatSettings
from assistant.engine.contract import OutOfBudget
from assistant.errors import BadRequest, NotFound
from assistant.service import Service
from memory.models import Fact, GoalStatus
from memory.store import conversations as rows
from memory.store import facts
from memory.store import goals as goal_rows
from tests.assistant.talking import Talker, begin, say, speak, talking


@pytest.fixture
def engine() -> Talker:
    return Talker("A fine reply.")


@pytest.fixture
def service(tmp_path: Path, engine: Talker) -> Iterator[Service]:
    with talking(tmp_path, engine) as service:
        yield service


def advance(service: Service, **step: float) -> None:
    assert isinstance(service.clock, FakeClock)
    service.clock.advance(timedelta(**step))


def test_the_latest_conversation_comes_first_and_is_the_one_that_last_means(service: Service) -> None:
    begin(service, "First, about the garden and its many roses and all the other flowers.")
    advance(service, hours=1)
    begin(service, "Second.")
    assert [line.title for line in conversations.recent(service, 10)] == [
        "Second.",
        "First, about the garden and its many roses and all the…",
    ]
    advance(service, hours=1)
    say(service, "Back to the roses.", conversation=1)
    assert say(service, "And this?").conversation == 1
    assert conversations.show(service).line.turns == 3


def test_what_was_typed_comes_back_unless_it_was_taken_back_deleted_or_sensitive(service: Service) -> None:
    begin(service, "First.", origin="cli")
    say(service, "Second.")
    say(service, "Taken back.")
    conversations.undo(service, 1)
    begin(service, "A secret.", origin="cli", is_sensitive=True)
    begin(service, "From a program.", origin="api")
    begin(service, "To be deleted.", origin="cli")
    conversations.delete(service, 4)
    begin(service, "Pasted. " * 1000, origin="cli")
    assert conversations.typed(service, 10) == ["First.", "Second."]
    assert conversations.typed(service, 1) == ["Second."]


def test_a_search_names_the_conversation_the_turn_and_who_spoke(service: Service) -> None:
    begin(service, "My aunt breeds alpacas in Wales.")
    (found,) = conversations.search(service, "alpacas", 10)
    assert (found.conversation, found.number, found.speaker) == (1, 1, "user")
    assert "alpacas" in found.snippet
    assert conversations.search(service, "zeppelin", 10) == []


def test_a_turn_taken_back_is_neither_told_nor_found_and_its_number_stays_its_own(
    service: Service, engine: Talker
) -> None:
    begin(service, "One.")
    say(service, "Two about zebras.")
    undone = conversations.undo(service, 1)
    assert (undone.number, undone.said) == (2, "Two about zebras.")
    assert conversations.search(service, "zebras", 10) == []
    done = say(service, "Three.")
    assert done.turn.number == 3
    assert not any("zebras" in message.text for message in engine.chats[-1].messages)
    assert [turn.number for turn in conversations.show(service).turns] == [1, 3]


def test_a_turn_taken_back_takes_its_facts_with_it(service: Service) -> None:
    begin(service, "One.")
    done = say(service, "Two.")
    now = service.clock.now()
    with service.database.write() as session:
        for text, turn in (("The user lives in Porto.", None), ("The user lives in Lisbon.", done.turn.id)):
            fact = Fact(slot="home", text=text, quote="x", turn_id=turn, learned_at=now, valid_from=now, by="rules")
            facts.add(session, fact)
    assert conversations.undo(service, 1).changes == ["Forgotten: The user lives in Lisbon."]
    with service.database.read() as session:
        assert [fact.text for fact in facts.current(session)] == ["The user lives in Porto."]


def test_there_is_nothing_to_take_back_where_nothing_was_said(service: Service) -> None:
    begin(service, "One.")
    conversations.undo(service, 1)
    with pytest.raises(NotFound, match="no turn"):
        conversations.undo(service, 1)


def test_a_turn_in_the_summary_can_be_taken_back_without_leaving_its_words(tmp_path: Path) -> None:
    engine = Talker("So it is said of the sea and the ships. " * 16)
    with talking(tmp_path, engine) as service:
        begin(service, "Tell me of the sea.")
        for number in range(2, 14):
            say(service, f"And number {number}?")
        with service.database.write() as session:
            row = rows.last(session)
            assert row is not None
            rows.remember_summary(session, row, "The user asked for number 13.", 13)
        conversations.undo(service, 1)
        say(service, "Go on.")
        assert not any("13" in message.text for message in engine.chats[-1].messages)


@pytest.mark.parametrize("is_guest", [False, True])
def test_who_hears_the_end_of_a_turn_may_say_the_next_thing(service: Service, is_guest: bool) -> None:
    for event in conversations.say(service, Say(text="First.", start=Start()), is_guest=is_guest):
        if isinstance(event, Done):
            assert say(service, "Second.").turn.number == 2


@pytest.mark.parametrize("is_guest", [False, True])
def test_a_turn_that_is_stopped_is_kept_so_before_the_next_may_begin(
    service: Service, is_guest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, left = service.floor.taken, []

    @contextmanager
    def watched(conversation: int) -> Iterator[None]:
        with taken(conversation):
            try:
                yield
            finally:
                left.append(conversations.show(service, conversation).turns[-1].state)

    monkeypatch.setattr(service.floor, "taken", watched)
    events = conversations.say(service, Say(text="First.", start=Start()), is_guest=is_guest)
    assert any(isinstance(event, Step) and event.what == "recalling" for event in events)
    events.close()
    assert left == ["cancelled"]


def test_a_reply_is_answered_anew_in_its_place(service: Service, engine: Talker) -> None:
    begin(service, "One.")
    say(service, "Two.")
    done = say(service, "", retry=True)
    assert (done.turn.number, done.turn.said) == (2, "Two.")
    assert engine.chats[-1].messages == engine.chats[-2].messages
    with pytest.raises(BadRequest, match="takes no message"):
        say(service, "Three.", retry=True)


def test_an_opinion_is_kept_with_the_reply_and_can_be_withdrawn(service: Service) -> None:
    begin(service, "One.")
    assert opinions.opinion(service, 1, None, Opinion(verdict="more")).verdict == "more"
    assert conversations.show(service).turns[0].verdict == "more"
    assert opinions.opinion(service, 1, 1, Opinion(verdict="")).verdict == ""
    events = speak(service, "Two.")
    next(events)
    events.close()
    with pytest.raises(BadRequest, match="no reply"):
        opinions.opinion(service, 1, None, Opinion(verdict="less"))


def test_a_conversation_can_be_given_a_goal_and_another_while_the_old_card_stays(service: Service) -> None:
    begin(service, "Hello.")
    view = conversations.pursue(service, 1, NewGoal(statement="Learn the violin"))
    assert conversations.show(service).line.goal_id == view.line.id
    again = conversations.pursue(service, 1, NewGoal(statement="Learn the cello"))
    assert again.line.id == view.line.id
    assert again.card.statement == "Learn the cello"
    assert [line.number for line in again.history] == [1, 2]


def test_the_head_is_frozen_while_what_is_known_changes(service: Service, engine: Talker) -> None:
    now = service.clock.now()

    def learn(text: str) -> None:
        fact = Fact(slot="home", text=text, quote="x", learned_at=now, valid_from=now, by="user")
        with service.database.write() as session:
            facts.add(session, fact)

    learn("The user lives in Porto.")
    begin(service, "One.")
    learn("The user lives in Lisbon.")
    say(service, "Two.")
    first, second = engine.chats
    assert second.messages[0] == first.messages[0]
    assert "Porto" in first.messages[0].text
    assert "Lisbon" in second.messages[-1].text


def test_a_conversation_is_saved_as_markdown_without_control_characters(service: Service) -> None:
    begin(service, "Hello\x1b[31m there.\nSecond line.", goal="Greet well")
    text = conversations.save(service, 1)
    assert text.startswith("# Greet well\n")
    assert "> Hello[31m there.\n> Second line." in text
    assert "A fine reply." in text


def test_a_deleted_conversation_is_gone_and_its_goal_stays(service: Service) -> None:
    begin(service, "Hello.", goal="Greet well")
    conversations.delete(service, 1)
    assert conversations.recent(service, 10) == []
    assert [goal.statement for goal in goals.list_goals(service)] == ["Greet well"]
    with pytest.raises(NotFound):
        conversations.delete(service, 1)


def test_old_conversations_go_only_where_that_is_configured(service: Service) -> None:
    begin(service, "Hello.")
    advance(service, days=40)
    assert conversations.prune(service) == 0
    service.settings = service.settings.model_copy(update={"chat": ChatSettings(keep_days=30)})
    begin(service, "Hello again.")
    assert conversations.prune(service) == 1
    assert [line.title for line in conversations.recent(service, 10)] == ["Hello again."]


def test_playbooks_are_ours_and_the_users(service: Service) -> None:
    service.home.playbooks.mkdir(parents=True, exist_ok=True)
    (service.home.playbooks / "sailing.toml").write_text('title = "Sailing"\ninstructions = "Speak of wind."\n')
    lines = {line.name: line.is_own for line in conversations.playbooks(service)}
    assert lines["sailing"]
    assert not lines["travel"]
    begin(service, "Ahoy.", playbook="sailing")
    assert conversations.show(service).line.playbook == "sailing"


def test_a_goals_turns_and_tokens_are_held_to_with_a_sentence(service: Service, engine: Talker) -> None:
    view = goals.create(service, NewGoal(statement="Greet well", turn_budget=2))
    say(service, "One.", start=Start(goal_id=view.line.id))
    say(service, "Two.")
    with pytest.raises(OutOfBudget, match="2 turns"):
        say(service, "Three.")
    assert "2 turns" in conversations.show(service).turns[2].error
    goals.edit(service, view.line.id, GoalEdit(turn_budget=9, token_budget=10))
    with pytest.raises(OutOfBudget, match="10 tokens"):
        say(service, "")
    goals.edit(service, view.line.id, GoalEdit(token_budget=100_000))
    assert say(service, "").turn.state == "done"
    line = goals.show(service, view.line.id).line
    assert line.turns_used == 3
    cards = [request for request in engine.requests if request not in engine.chats]
    read, written = (sum(engine.count(one.messages) for one in requests) for requests in (cards, engine.chats))
    assert read > 0
    assert line.tokens_used == read + 4 * len(cards) + written + 3 * len(engine.chats)


def test_where_a_goals_tokens_are_used_up_no_model_is_asked_for_anything(service: Service, engine: Talker) -> None:
    begin(service, "One.", goal="Greet well")
    goals.edit(service, 1, GoalEdit(token_budget=50))
    asked = len(engine.requests)
    with pytest.raises(OutOfBudget, match="50 tokens"):
        say(service, "Two.")
    assert len(engine.requests) == asked


def test_a_goal_given_late_knows_what_was_said_before_it(service: Service) -> None:
    begin(service, "There are two of us, and we have 1500 euros.", playbook="travel")
    say(service, "Is Lisbon hilly?")
    view = conversations.pursue(service, 1, NewGoal(statement="5 days in Portugal"))
    known = {value.slot: (value.value, value.evidence.turn) for value in view.card.facts}
    assert known == {
        "destination": ("Portugal", 0),
        "length": ("5 days", 0),
        "budget": ("1500 EUR", 1),
        "travellers": ("2 people", 1),
    }


def test_a_goal_keeps_its_playbook_in_another_conversation_and_asks_what_is_still_open(
    service: Service, engine: Talker
) -> None:
    for text in ("Hello.", "Hm.", "Well."):
        done = begin(service, text, playbook="travel", goal="a journey") if text == "Hello." else say(service, text)
    assert (done.turn.act, done.turn.number) == ("ask", 3)
    advance(service, days=5)
    resumed = say(service, "I am back.", start=Start(goal_id=1))
    assert conversations.show(service).line.playbook == "travel"
    assert resumed.turn.act == "ask"
    assert "Where would you like to go?" in engine.chats[-1].messages[-1].text


def test_to_take_back_the_turn_that_ended_a_goal_opens_it_again(service: Service) -> None:
    begin(service, "Hello.", goal="Greet well")
    say(service, "Thanks, that's all.")
    with service.database.write() as session:
        goal = goal_rows.get(session, 1)
        assert goal is not None
        goal_rows.close(session, goal, GoalStatus.ACHIEVED, service.clock.now(), by="judge")
    conversations.undo(service, 1)
    assert goals.show(service, 1).line.status == "open"


def test_to_take_back_a_turn_leaves_what_the_user_closed(service: Service) -> None:
    begin(service, "Hello.", goal="Greet well")
    goals.end(service, 1, GoalEnd(outcome="achieved"))
    conversations.undo(service, 1)
    assert goals.show(service, 1).line.status == "achieved"
