"""Facts about the user: listed with the words they rest on, corrected and forgotten by the user's hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import drafts, facts
from assistant.answers.drafts import NewDraft
from assistant.cli import app as cli
from assistant.clock import FakeClock
from assistant.config.schema import Settings
from assistant.errors import BadRequest, NotFound
from assistant.home import Home
from assistant.service import Service
from memory.models import Conversation, Fact
from memory.store import audit, conversations
from memory.store import facts as rows
from tests.fakes import HeldIndex, WordEmbedder

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(
        Home.at(tmp_path), settings=Settings(), clock=FakeClock(NOW), embedder=WordEmbedder(), make_index=HeldIndex
    )
    yield service
    service.close()


Telos = Callable[..., str]


@pytest.fixture
def telos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Telos:
    """`telos memory facts ...` as a user types it; what it says."""

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["telos", "--home", str(tmp_path), "memory", "facts", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0
        return capsys.readouterr().out

    return run


def learn(service: Service, said: str, text: str, slot: str = "") -> int:
    """A fact read out of a conversation's first turn."""
    with service.database.write() as session:
        talk = conversations.start(session, Conversation(title="T", playbook="open", started_at=NOW, last_at=NOW))
        turn = conversations.add_turn(session, talk, said, NOW)
        learned = Fact(slot=slot, text=text, quote=said, turn_id=turn.id, learned_at=NOW, valid_from=NOW, by="rules")
        return rows.add(session, learned).id or 0


def test_a_fact_is_listed_with_the_words_and_the_turn_it_rests_on(service: Service) -> None:
    learn(service, "I live in Porto.", "The user lives in Porto.", "home city")
    [fact] = facts.list_facts(service)
    assert (fact.text, fact.quote, fact.conversation, fact.turn) == (
        "The user lives in Porto.", "I live in Porto.", 1, 1,
    )  # fmt: skip


def test_a_correction_holds_from_now_on_and_the_one_before_is_kept(service: Service) -> None:
    wrong = learn(service, "I live in Port.", "The user lives in Port.", "home city")
    right = facts.correct(service, wrong, "  I live in\nPorto ")
    assert [fact.text for fact in facts.list_facts(service)] == ["I live in Porto"]
    before = next(fact for fact in facts.list_facts(service, with_superseded=True) if fact.id == wrong)
    assert (before.superseded_by, before.superseded_at) == (right.id, NOW)
    with pytest.raises(BadRequest, match="holds no more"):
        facts.correct(service, wrong, "Once more")


def test_a_forgotten_fact_is_gone_with_what_it_had_superseded(service: Service) -> None:
    wrong = learn(service, "I live in Port.", "The user lives in Port.", "home city")
    right = facts.correct(service, wrong, "I live in Porto")
    assert facts.forget(service, right.id).rows == 2
    assert facts.list_facts(service, with_superseded=True) == []
    with pytest.raises(NotFound, match="no fact"):
        facts.forget(service, right.id)


@pytest.mark.parametrize(("text", "why"), [(" \n", "needs words"), ("x" * 501, "at most 500")])
def test_what_is_no_fact_is_refused_with_a_sentence(service: Service, text: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        facts.add(service, text)


def test_the_audit_says_that_something_was_learned_and_not_what(service: Service) -> None:
    facts.add(service, "I collect stamps")
    with service.database.read() as session:
        event = audit.latest(session, 1)[0]
    assert (event.event, event.subject) == ("learned", "fact 1")
    assert "stamps" not in json.dumps(event.detail)


def test_the_command_line_tells_adds_corrects_and_forgets(telos: Telos) -> None:
    assert "Nothing is known of you yet" in telos("list")
    assert telos("add", "I like\x1b[31m tea") == "1  I like[31m tea\n"
    assert telos("correct", "1", "I like coffee") == "2  I like coffee\n"
    assert [fact["text"] for fact in json.loads(telos("list", "--all", "--json"))] == [
        "I like coffee",
        "I like\x1b[31m tea",
    ]
    assert "I like coffee" in telos("forget", "2")


def test_the_command_line_says_which_holds_since_when_and_what_was_before(telos: Telos) -> None:
    def told(*arguments: str) -> str:
        return " ".join(telos(*arguments).split())

    told("add", "I live in Porto", "--since", "2019-05-01")
    moved = told("add", "I live in Graz", "--since", "2024-03-01")
    assert moved == "2 I live in Graz (before: I live in Porto (until 2024-03-01))"
    listed = told()
    assert "2 I live in Graz 2024-03-01 I live in Porto (until" in listed
    assert told("timeline", "home") == (
        "home city 2019-05-01 to 2024-03-01 1 I live in Porto (until 2 took its place) since 2024-03-01 2 I live in Graz"
    )
    why = told("why", "2")
    assert "“I live in Graz” (read by user)" in why
    assert "took the place of 1: I live in Porto 2019-05-01 to 2024-03-01 (contradicted)" in why
    told("add", "I am a nurse")
    doubt = told("add", "I am a teacher")
    assert "Which holds? telos memory facts keep 4 (or 3, or --both)" in doubt
    assert "3 holds no more: I am a nurse" in told("keep", "4")


def test_a_fact_told_by_hand_contradicts_what_a_conversation_taught(service: Service) -> None:
    old = learn(service, "I live in Porto.", "The user lives in Porto.", "home city")
    new = facts.add(service, "I live in Graz now")
    assert [(one.id, one.text) for one in new.before] == [(old, "The user lives in Porto.")]
    [strand] = facts.timeline(service, "graz")
    assert (strand.matter, [one.id for one in strand.facts]) == ("home city", [old, new.id])
    why = facts.why(service, old)
    assert (why.gave_way_to and why.gave_way_to.id, why.evidence[0].conversation) == (new.id, 1)
    assert facts.timeline(service, "bicycle") == []


def test_to_keep_a_fact_that_is_in_no_doubt_confirms_it(service: Service) -> None:
    fact = facts.add(service, "I collect stamps")
    assert facts.keep(service, fact.id).fact.confirmed == 1
    gone = facts.correct(service, fact.id, "I collect coins")
    assert gone.corrected == 1
    with pytest.raises(BadRequest, match="holds no more"):
        facts.keep(service, fact.id)


def test_a_draft_that_is_written_from_a_fact_uses_it(service: Service) -> None:
    fact = facts.add(service, "I arrive on Monday")
    wish = {"kind": "mail", "to": ["Ann Lee <ann@example.org>"], "facts": [fact.id], "about": "my arrival"}
    drafts.new(service, NewDraft.model_validate(wish))
    assert facts.list_facts(service)[0].used == 1


def test_both_may_hold(service: Service) -> None:
    nurse, teacher = facts.add(service, "I am a nurse"), facts.add(service, "I am a teacher")
    assert teacher.in_doubt_with == [nurse.id]
    kept = facts.keep(service, teacher.id, both=True)
    assert (kept.ended, [one.in_doubt_with for one in facts.list_facts(service)]) == ([], [[], []])
