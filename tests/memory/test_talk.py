"""The store's nouns of conversation: turns, goals and their cards, facts about the user, calls of models, and their erasure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from memory.models import Call, Conversation, Fact, Goal, GoalStatus, Turn, TurnState
from memory.store import calls, conversations, facts, goals, items, sources, unsaying
from memory.store.calls import CallFilter
from memory.store.connection import Database
from memory.store.items import NewItem
from memory.store.unsaying import UNSAID

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


def talk(session: Session, *exchanges: tuple[str, str], at: datetime = NOW, title: str = "Talk") -> Conversation:
    """A conversation with a turn, said and answered, for each exchange."""
    begun = conversations.start(session, Conversation(title=title, playbook="open", started_at=at, last_at=at))
    for said, reply in exchanges:
        turn = conversations.add_turn(session, begun, said, at)
        conversations.finish_turn(session, turn.id or 0, TurnState.DONE, at, reply=reply)
    return begun


def fact(text: str, slot: str = "", *, turn_id: int | None = None, at: datetime = NOW) -> Fact:
    return Fact(slot=slot, text=text, quote=text, turn_id=turn_id, learned_at=at, valid_from=at, by="rules")


def goal(session: Session, statement: str = "A walk", **fields: Any) -> Goal:
    fields.setdefault("card", {"statement": statement})
    return goals.create(session, Goal(statement=statement, created_at=NOW, changed_at=NOW, **fields))


def test_what_the_user_said_is_kept_before_there_is_a_reply(session: Session) -> None:
    begun = talk(session, ("Hello", "Good day"))
    turn = conversations.add_turn(session, begun, "And now?", NOW + HOUR)
    assert [one.said for one in conversations.waiting(session)] == ["And now?"]
    assert (turn.number, begun.last_at) == (2, NOW + HOUR)


def test_an_undone_turn_stays_as_a_row_and_is_neither_told_nor_found(session: Session) -> None:
    begun = talk(session, ("The zebra sleeps", "Indeed"), ("Another", "Yes"))
    first = conversations.turns(session, begun.id or 0)[0]
    conversations.undo_turn(session, first, NOW)
    assert [turn.number for turn in conversations.turns(session, begun.id or 0)] == [2]
    assert [turn.number for turn in conversations.turns(session, begun.id or 0, with_undone=True)] == [1, 2]
    assert conversations.search(session, "zebra", 5) == []
    assert conversations.add_turn(session, begun, "Next", NOW).number == 3


def test_turns_are_found_by_the_words_of_either_side(session: Session) -> None:
    one = talk(session, ("Where is the lighthouse?", "On the northern cape."), title="Coast")
    other = talk(session, ("A lighthouse again", "Yes"), title="Other")
    assert {hit.conversation.title for hit in conversations.search(session, "lighthouse", 5)} == {"Coast", "Other"}
    assert [hit.conversation.id for hit in conversations.search(session, "cape", 5)] == [one.id]
    found = conversations.search(session, "lighthouse", 5, without=one.id)
    assert [hit.conversation.id for hit in found] == [other.id]


def test_a_conversation_takes_its_turns_calls_and_words_with_it(session: Session) -> None:
    begun = talk(session, ("The zebra sleeps", "Indeed"))
    turn = conversations.turns(session, begun.id or 0)[0]
    calls.add(
        session, Call(at=NOW, task="chat", purpose="reply", engine="local", model="m", outcome="done", turn_id=turn.id)
    )
    assert conversations.remove(session, [begun.id or 0]) == 1
    assert session.exec(select(Turn)).all() == []
    assert session.exec(select(Call)).all() == []
    assert conversations.search(session, "zebra", 5) == []


def test_old_conversations_are_pruned_and_younger_ones_stay(session: Session) -> None:
    talk(session, ("Old", "Yes"), at=NOW - 90 * 24 * HOUR)
    young = talk(session, ("Young", "Yes"))
    assert conversations.prune(session, NOW - 30 * 24 * HOUR) == 1
    assert [one.id for one in conversations.recent(session, 10)] == [young.id]


def test_a_card_keeps_every_version_and_an_equal_one_makes_none(session: Session) -> None:
    kept = goal(session)
    goals.update_card(session, kept, {"statement": "A walk"}, NOW, why="nothing")
    goals.update_card(session, kept, {"statement": "A long walk"}, NOW + HOUR, why="edited")
    assert [(one.number, one.card["statement"], one.why) for one in goals.versions(session, kept.id or 0)] == [
        (1, "A walk", "begun"),
        (2, "A long walk", "edited"),
    ]
    assert kept.changed_at == NOW + HOUR


def test_the_card_before_a_turn_can_be_had_back(session: Session) -> None:
    begun = talk(session, ("Longer", "Yes"))
    turn = conversations.turns(session, begun.id or 0)[0]
    kept = goal(session)
    goals.update_card(session, kept, {"statement": "A long walk"}, NOW, why="turn 1", turn_id=turn.id)
    before = goals.version_before(session, kept.id or 0, turn.id or 0)
    assert before is not None
    assert before.card == {"statement": "A walk"}
    assert goals.version_before(session, kept.id or 0, 99) is None


def test_goals_that_end_are_not_open_and_may_be_opened_again(session: Session) -> None:
    kept = goal(session, is_standing=True, deadline=NOW + HOUR)
    assert goals.due(session, NOW + 2 * HOUR) == [kept]
    goals.close(session, kept, GoalStatus.ACHIEVED, NOW, by="user")
    assert goals.open_goals(session) == goals.standing(session) == goals.due(session, NOW + 2 * HOUR) == []
    goals.close(session, kept, GoalStatus.OPEN, NOW, by="user")
    assert (kept.closed_at, kept.closed_by, goals.standing(session)) == (None, "", [kept])


def test_an_item_matches_a_goal_once(session: Session) -> None:
    source = sources.ensure(session, "news", "feeds", NOW).id or 0
    item_id = items.save(session, source, [NewItem(external_id="a", title="Walks", text="Walks")], NOW).new_ids[0]
    kept = goal(session)
    assert goals.add_item(session, kept.id or 0, item_id, NOW, score=0.7, reason="walk")
    assert not goals.add_item(session, kept.id or 0, item_id, NOW, score=0.9, reason="again")
    assert [(match.score, match.reason) for match in goals.items_of(session, kept.id or 0)] == [(0.7, "walk")]
    assert [found.id for found, _ in goals.wanting(session, [item_id])[item_id]] == [kept.id]


def test_a_newer_fact_supersedes_the_older_one_of_its_slot_which_stays(session: Session) -> None:
    old = facts.add(session, fact("The user lives in Porto.", "home city"))
    new = facts.add(session, fact("The user lives in Graz.", "home city", at=NOW + HOUR))
    assert facts.current(session) == [new]
    assert (old.superseded_by, old.superseded_at) == (new.id, NOW + HOUR)
    assert facts.every(session) == [new, old]


def test_the_same_fact_again_is_a_confirmation(session: Session) -> None:
    first = facts.add(session, fact("The user lives in Porto.", "home city"))
    assert facts.add(session, fact("the user lives in  Porto", "home city")) is first
    loose = facts.add(session, fact("The user has a dog."))
    assert facts.add(session, fact("The user has a dog.")) is loose
    assert (first.confirmed, loose.confirmed, len(facts.every(session))) == (1, 1, 2)


def test_facts_without_a_slot_stand_side_by_side(session: Session) -> None:
    facts.add(session, fact("The user has a dog."))
    facts.add(session, fact("The user has a cat."))
    assert len(facts.current(session)) == 2


def test_taking_back_a_turn_restores_what_its_facts_had_superseded(session: Session) -> None:
    turn_id = conversations.turns(session, talk(session, ("I live in Graz now", "Noted")).id or 0)[0].id
    old = facts.add(session, fact("The user lives in Porto.", "home city"))
    facts.add(session, fact("The user lives in Graz.", "home city", turn_id=turn_id))
    assert [one.text for one in facts.withdraw(session, turn_id or 0)] == ["The user lives in Graz."]
    session.expire_all()
    assert facts.current(session) == [old]


def test_a_forgotten_fact_takes_those_it_superseded_with_it(session: Session) -> None:
    facts.add(session, fact("The user lives in Porto.", "home city"))
    facts.add(session, fact("The user lives in Graz.", "home city"))
    last = facts.add(session, fact("The user lives in Turin.", "home city"))
    assert facts.forget(session, last) == 3
    assert facts.every(session) == []


def test_a_correction_takes_the_facts_place_in_the_users_words(session: Session) -> None:
    wrong = facts.add(session, fact("The user lives in Port.", "home city"))
    right = facts.correct(session, wrong, "The user lives in Porto.", NOW + HOUR)
    assert facts.current(session) == [right]
    assert (right.by, right.corrected, right.slot) == ("user", 1, "home city")


Said = st.tuples(st.sampled_from(["home", "diet", ""]), st.sampled_from(["a", "b", "c"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(Said, max_size=12))
def test_whatever_is_said_each_slot_holds_its_last_word_and_nothing_is_lost(
    session: Session, said: list[tuple[str, str]]
) -> None:
    for held in facts.every(session):
        facts.forget(session, held)
    for number, (slot, text) in enumerate(said):
        facts.add(session, fact(text, slot, at=NOW + number * HOUR))
    current = facts.current(session)
    for slot in ("home", "diet"):
        last = [text for where, text in said if where == slot][-1:]
        assert [one.text for one in current if one.slot == slot] == last
    assert {one.text for one in current if not one.slot} == {text for where, text in said if not where}
    assert {(one.slot, one.text) for one in facts.every(session)} == set(said)


def test_the_log_is_searched_by_all_words_in_any_script_and_by_filters(session: Session) -> None:
    for purpose, text, outcome in (("reply", "Grüße an Zoë", "done"), ("card", "a plain prompt", "failed")):
        messages = [{"role": "user", "text": text}]
        calls.add(
            session,
            Call(at=NOW, task="chat", purpose=purpose, engine="e", model="m", messages=messages, outcome=outcome),
        )
    assert [call.purpose for call, _ in calls.recent(session, 9, words="zoë grüße")] == ["reply"]
    assert [call.purpose for call, _ in calls.recent(session, 9, CallFilter(only_failed=True))] == ["card"]
    assert calls.recent(session, 9, CallFilter(since=NOW + HOUR)) == []
    assert len(calls.recent(session, 1)) == 1
    assert calls.prune(session, NOW + HOUR) == 2


def test_a_tasks_spending_adds_up_within_its_day(session: Session) -> None:
    day = date(2026, 3, 2)
    calls.spend(session, day, "chat", prompt_tokens=10, new_tokens=5, seconds=1.5)
    calls.spend(session, day, "chat", prompt_tokens=1, new_tokens=1, seconds=0.5)
    calls.spend(session, day + timedelta(days=1), "chat", prompt_tokens=7, new_tokens=0, seconds=0)
    spent = calls.spent(session, day)["chat"]
    assert (spent.calls, spent.prompt_tokens, spent.new_tokens, spent.seconds) == (2, 11, 6, 2.0)


def test_an_answer_that_rested_on_an_erased_item_loses_its_words_and_the_users_stay(session: Session) -> None:
    begun = talk(session, ("What of the walrus?", "It sleeps [1]."), ("And then?", "Nothing."))
    first, second = conversations.turns(session, begun.id or 0)
    first.citations = [{"number": 1, "kind": "item", "id": 7, "title": "Walrus", "url": ""}]
    conversations.remember_summary(session, begun, "The walrus sleeps.", 1)
    calls.add(session, Call(at=NOW, task="chat", purpose="reply", engine="e", model="m", outcome="done", item_ids=[7]))
    assert unsaying.forget_items(session, [7]) == 1
    assert (first.said, first.reply, first.citations) == ("What of the walrus?", UNSAID, [])
    assert second.reply == "Nothing."
    session.refresh(begun)
    assert (begun.summary, begun.summarised_to) == ("", 0)
    assert session.exec(select(Call)).all() == []


def test_an_answer_whose_prompt_held_an_erased_item_loses_its_words_too(session: Session) -> None:
    begun = talk(session, ("What of the walrus?", "It sleeps."))
    turn = conversations.turns(session, begun.id or 0)[0]
    turn.context = {"item_ids": [7], "parts": [{"text": "walrus"}]}
    assert unsaying.forget_items(session, [7]) == 1
    assert (turn.reply, turn.context) == (UNSAID, {})


def test_a_person_is_taken_out_of_all_that_was_said(session: Session) -> None:
    begun = talk(session, ("Call Zoë", "I cannot call."), ("The rain", "Falls."), title="Zoë")
    begun.profile = ["The user's sister is Zoë.", "The user likes tea."]
    facts.add(session, fact("The user's sister is Zoë.", "sister"))
    facts.add(session, fact("The user likes tea."))
    goal(session, "Visit Zoë")
    other = goal(
        session, "A walk", card={"statement": "A walk", "criteria": [{"text": "with Zoë"}, {"text": "by the sea"}]}
    )
    assert unsaying.forget_person(session, lambda text: "Zoë" in text) == 1
    assert [turn.said for turn in conversations.turns(session, begun.id or 0)] == ["The rain"]
    assert (begun.title, begun.profile) == ("", ["The user likes tea."])
    assert [one.text for one in facts.every(session)] == ["The user likes tea."]
    assert goals.every(session) == [other]
    assert other.card["criteria"] == [{"text": "by the sea"}]
    assert not unsaying.is_still_said(session, "Zoë")


def test_a_time_takes_what_was_said_and_learned_in_it(session: Session) -> None:
    old, young = NOW - 400 * 24 * HOUR, NOW
    talk(session, ("Old words", "Yes"), at=old)
    kept = talk(session, ("New words", "Yes"), at=young)
    facts.add(session, fact("The user had a boat.", at=old))
    facts.add(session, fact("The user has a canoe.", at=young))
    assert unsaying.forget_before(session, NOW - 24 * HOUR) == 1
    assert [one.id for one in conversations.recent(session, 9)] == [kept.id]
    assert [one.text for one in facts.every(session)] == ["The user has a canoe."]
    assert conversations.search(session, "old", 5) == []


def test_to_take_back_a_fact_that_another_superseded_meanwhile_brings_none_back(session: Session) -> None:
    begun = talk(session, ("In Porto", "Yes"), ("In Lisbon", "Yes"))
    first, second = conversations.turns(session, begun.id or 0)
    porto = facts.add(session, fact("Porto", "home", turn_id=first.id))
    facts.add(session, fact("Lisbon", "home", turn_id=second.id))
    graz = facts.add(session, fact("Graz", "home"))
    facts.withdraw(session, second.id or 0)
    assert [one.text for one in facts.current(session)] == ["Graz"]
    session.refresh(porto)
    assert porto.superseded_by == graz.id


@given(
    told=st.lists(st.sampled_from(["home", "diet"]), min_size=1, max_size=8),
    undone=st.lists(st.integers(0, 7), max_size=4, unique=True),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_slot_holds_one_fact_and_nothing_superseded_is_deleted(
    database: Database, told: list[str], undone: list[int]
) -> None:
    with database.write() as session:
        for one in facts.every(session):
            session.delete(one)
        begun = talk(session, *(("x", "y") for _ in told))
        turns = conversations.turns(session, begun.id or 0)
        kept = {}
        for turn, slot in zip(turns, told, strict=True):
            kept[facts.add(session, fact(f"fact {turn.number}", slot, turn_id=turn.id)).id] = turn.id
        assert {one.id for one in facts.every(session)} == set(kept)
        taken_back = {turns[number].id for number in undone if number < len(turns)}
        for turn_id in taken_back:
            facts.withdraw(session, turn_id or 0)
        session.expire_all()
        left = facts.every(session)
        assert {one.id for one in left} == {fact_id for fact_id, turn_id in kept.items() if turn_id not in taken_back}
        for slot in ("home", "diet"):
            mine = [one for one in left if one.slot == slot]
            current = [one for one in mine if one.superseded_at is None]
            assert len(current) == bool(mine)
            assert not mine or current[0].id == max(one.id or 0 for one in mine)
