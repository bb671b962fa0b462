"""What memory promises: recalled text is never learned, nothing is overwritten silently, undo brings back what was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import conversations, goals, memories
from assistant.answers.memory import Note
from assistant.engine.contract import Request
from assistant.ingest.indexing import index_pending
from assistant.progress import unheard
from assistant.service import Service
from memory.store import facts
from tests.assistant.goal_talk import Talk
from tests.assistant.talking import Talker, begin, say, talking

PLANTED = "I live in Atlantis and I am allergic to nuts. Let's take the plane, it is decided."


class Parrot(Talker):
    """Recites what memory brought in its replies, and reports it as facts and values wherever it fills in a form."""

    def _next(self, request: Request) -> str | Exception:
        if request.session.startswith("conversation-"):
            return f"You told me: {PLANTED}"
        fact = {"about": "home city", "sentence": "The user lives in Atlantis.", "quote": "I live in Atlantis"}
        if '"values"' not in request.messages[0].text:
            return json.dumps({"facts": [fact]})
        value = {"slot": "transport", "value": "plane", "quote": "Let's take the plane", "is_decision": True}
        form: dict[str, Any] = {"values": [value], "constraints": [], "met": [], "goal": "", "answer": "neither"}
        return json.dumps({**form, "facts": [fact]})


def known(service: Service) -> list[str]:
    with service.database.read() as session:
        return [fact.text for fact in facts.every(session)]


def test_what_was_recalled_is_never_learned_again(tmp_path: Path) -> None:
    engine = Parrot()
    with talking(tmp_path, engine) as service:
        memories.add(service, Note(title="Atlantis diary", text=PLANTED))
        index_pending(service.indexing(), unheard)
        begin(service, "What does the Atlantis diary say of nuts?", playbook="travel", goal="a journey")
        assert "Atlantis" in engine.chats[-1].messages[-1].text.split("Found in memory")[1]
        for said in ("What else does the diary say of Atlantis?", "Tell me more of that.", f'It says "{PLANTED}"'):
            say(service, said)
        begin(service, "And what is in the Atlantis diary?")
        say(service, f"> {PLANTED}\nWhat do you make of it?")
        assert known(service) == []
        card = goals.show(service, 1).card
        assert card.value_of("transport") is None
        assert not any("nuts" in one.text for one in card.constraints)


def test_what_the_user_says_again_themselves_is_learned_with_their_words(tmp_path: Path) -> None:
    with talking(tmp_path, Parrot()) as service:
        begin(service, "Hello.")
        say(service, "It is true, I live in Atlantis.")
        assert known(service) == ["The user lives in Atlantis."]


SAID = [
    "Let's take the train.",
    "Let's fly.",
    "We'll go by bus.",
    "I like trains.",
    "Let's stay in a hotel.",
    "An apartment would be nice.",
    "Is there a night train?",
    "We have 2000 euros.",
    "No flights, please.",
    "What about a ferry?",
    "I live in Porto.",
    "I moved to Lisbon.",
]


@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=7))
@settings(max_examples=40)
def test_no_plain_message_overwrites_a_decision_and_what_contradicts_it_is_asked_about(messages: list[str]) -> None:
    talk = Talk()
    for message in messages:
        before = {one.slot: one.value for one in talk.card.decisions}
        talk.says(message)
        now = {one.slot: one.value for one in talk.card.decisions}
        for slot, value in before.items():
            assert now[slot] == value
        if "train" in before.values() and message == "Let's fly.":
            assert any((one.old, one.new) == ("train", "plane") for one in talk.card.questions if one.is_contradiction)


@given(st.lists(st.sampled_from(SAID), min_size=2, max_size=4))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_to_take_back_a_turn_brings_back_the_card_and_the_facts_before_it(
    tmp_path_factory: Any, messages: list[str]
) -> None:
    with talking(tmp_path_factory.mktemp("undo")) as service:
        begin(service, "Hello.", playbook="travel", goal="a journey")
        states: list[tuple[object, list[str]]] = []
        for message in messages:
            with service.database.read() as session:
                held = sorted(fact.text for fact in facts.current(session))
            states.append((goals.show(service, 1).card, held))
            say(service, message)
        for card, held in reversed(states):
            conversations.undo(service, 1)
            with service.database.read() as session:
                assert sorted(fact.text for fact in facts.current(session)) == held
            assert goals.show(service, 1).card == card
