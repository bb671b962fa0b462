"""What two facts say of each other, by plain rules, and what becomes of them as rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from memory.models import Conversation, Ended, Fact, FactDoubt, TurnState, TurnVector
from memory.store import conversations, facts, unsaying
from memory.store.connection import Database
from memory.store.unsaying import UNSAID
from memory.truth.attributes import matter
from memory.truth.relation import Relation, relation

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


def fact(
    text: str, slot: str = "", *, quote: str = "", at: datetime = NOW, since: datetime | None = None, by: str = "rules",
    turn_id: int | None = None,
) -> Fact:  # fmt: skip
    return Fact(
        slot=slot, text=text, quote=quote or text, turn_id=turn_id, learned_at=at, valid_from=since or at, by=by
    )


HOME, LATER = "home city", NOW + 30 * DAY
CASES = [
    ("another home", fact("The user lives in Porto.", HOME), fact("The user lives in Graz.", HOME, at=LATER), Relation.CONTRADICTS),
    ("the same home", fact("The user lives in Porto.", HOME), fact("The user lives in porto", "residence", at=LATER), Relation.SAME),
    ("no more the home", fact("The user lives in Porto.", HOME), fact("The user does not live in Porto.", HOME, at=LATER), Relation.CONTRADICTS),
    ("not the home of another", fact("The user lives in Graz.", HOME), fact("The user does not live in Porto.", HOME, at=LATER), Relation.BESIDE),
    ("part of a longer name", fact("The user lives in York.", HOME), fact("The user lives in New York.", HOME, at=LATER), Relation.DOUBTFUL),
    ("a longer name, with words of change", fact("The user lives in York.", HOME), fact("The user lives in New York.", HOME, quote="We moved to New York.", at=LATER), Relation.CONTRADICTS),
    ("moved there before", fact("The user lives in Porto.", HOME, since=datetime(2020, 1, 1, tzinfo=UTC)), fact("The user lives in Rome.", HOME, quote="I moved to Rome in 2015", at=LATER, since=datetime(2015, 1, 1, tzinfo=UTC)), Relation.EARLIER),
    ("both since long ago", fact("The user lives in Porto.", HOME, since=datetime(2020, 1, 1, tzinfo=UTC)), fact("The user lives in Rome.", HOME, quote="I have lived in Rome since 2015", at=LATER, since=datetime(2015, 1, 1, tzinfo=UTC)), Relation.DOUBTFUL),
    ("since before the undated", fact("The user lives in Porto.", HOME), fact("The user lives in Rome.", HOME, quote="I have lived in Rome since 2015", at=LATER, since=datetime(2015, 1, 1, tzinfo=UTC)), Relation.CONTRADICTS),
    ("a second job", fact("The user works as a nurse.", "work"), fact("The user is a teacher.", "job", at=LATER), Relation.DOUBTFUL),
    ("a new job", fact("The user works as a nurse.", "work"), fact("The user is a teacher.", "work", quote="I am a teacher now", at=LATER), Relation.CONTRADICTS),
    ("another birthday", fact("The user's birthday is 4 May.", "birthday"), fact("The user's birthday is 5 May.", "birthday", at=LATER), Relation.DOUBTFUL),
    ("the year of the birthday", fact("The user's birthday is 4 May.", "birthday"), fact("The user was born on 4 May 1990.", "birth", at=LATER), Relation.SAME),
    ("another language", fact("The user speaks Spanish.", "languages"), fact("The user speaks German.", "languages", at=LATER), Relation.BESIDE),
    ("more children", fact("The user has two kids.", "has kids"), fact("The user has three children.", "has children", at=LATER), Relation.CONTRADICTS),
    ("no children", fact("The user has two kids.", "has kids"), fact("The user does not have children.", "children", at=LATER), Relation.CONTRADICTS),
    ("another taste", fact("The user likes coffee.", "taste: coffee"), fact("The user hates coffee.", "taste: coffee", at=LATER), Relation.CONTRADICTS),
    ("another thing liked", fact("The user likes coffee.", "taste: coffee"), fact("The user likes tea.", "taste: tea", at=LATER), Relation.BESIDE),
    ("a model's hobby", fact("The user paints.", "hobby", by="m"), fact("The user sails.", "hobby", at=LATER, by="m"), Relation.BESIDE),
    ("a model's name for a person", fact("The user's dentist is Weber.", "dentist", by="m"), fact("The user's dentist is Braun.", "dentist", at=LATER, by="m"), Relation.DOUBTFUL),
    ("a model's name for a new person", fact("The user's dentist is Weber.", "dentist", by="m"), fact("The user's dentist is Braun.", "dentist", quote="my new dentist is Braun", at=LATER, by="m"), Relation.CONTRADICTS),
    ("told by hand, of one thing", fact("My dentist is Weber", by="user"), fact("My dentist is Braun", at=LATER, by="user"), Relation.DOUBTFUL),
    ("a name and a number", fact("My sister is Ana", by="user"), fact("My sister is 31", at=LATER, by="user"), Relation.BESIDE),
    ("owned, and not", fact("The user owns a boat."), fact("The user does not own a boat.", at=LATER), Relation.CONTRADICTS),
    ("nearly the same words", fact("The user walks the dog early every morning."), fact("The user walks the dog every morning early.", at=LATER), Relation.SAME),
    ("nearly the same, another number", fact("The user walks 5 kilometres with the dog every morning."), fact("The user walks 9 kilometres with the dog every morning.", at=LATER), Relation.BESIDE),
    ("nearly the same, denied", fact("The user walks the small dog in the park every morning early."), fact("The user never walks the small dog in the park every morning.", at=LATER), Relation.DOUBTFUL),
    ("under two names", fact("The user is vegetarian.", "diet"), fact("The user is vegetarian.", "food", at=LATER, by="m"), Relation.SAME),
]  # fmt: skip


@pytest.mark.parametrize(("held", "new", "is_so"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_a_new_fact_says_of_a_held_one(held: Fact, new: Fact, is_so: Relation) -> None:
    assert relation(held, new) is is_so


@pytest.mark.parametrize(
    ("slot", "text", "name"),
    [
        ("Place of residence", "", "home city"),
        ("has two kids", "", "child"),
        ("children", "", "child"),
        ("has small dog", "", "dog"),
        ("does not eat meat", "", "eat meat"),
        ("", "My dentist is Weber", "dentist"),
        ("", "I collect stamps", ""),
    ],
)
def test_what_a_fact_is_about_has_one_name_whoever_read_it(slot: str, text: str, name: str) -> None:
    assert matter(slot, text) == name


def test_a_contradicted_fact_stays_with_the_days_between_which_it_was_so(session: Session) -> None:
    old = facts.add(session, fact("The user lives in Porto.", HOME))
    moved = LATER - 10 * DAY
    new = facts.add(session, fact("The user lives in Graz.", HOME, quote="I moved", at=LATER, since=moved))
    assert facts.current(session) == [new]
    assert (old.superseded_by, old.superseded_at, old.valid_until, old.ended) == (new.id, LATER, moved, "contradicted")
    assert (old.corrected, new.corrected) == (1, 0)
    assert facts.before(session, new) == [old]


def test_the_same_in_other_words_joins_the_evidence_and_the_fact_says_more(session: Session) -> None:
    first = facts.add(session, fact("The user has a dog.", "has dog"))
    again = facts.add(session, fact("The user has a small dog.", "has small dog", quote="our small dog", at=LATER))
    assert again is first
    assert (first.text, first.confirmed, facts.every(session)) == ("The user has a small dog.", 1, [first])
    assert [one.quote for one in facts.evidence(session, first.id or 0)] == ["The user has a dog.", "our small dog"]


def test_words_that_date_a_fact_later_date_it(session: Session) -> None:
    held = facts.add(session, fact("The user lives in Porto.", HOME))
    since = datetime(2019, 5, 1, tzinfo=UTC)
    facts.add(session, fact("The user lives in Porto.", HOME, quote="in Porto since May 2019", at=LATER, since=since))
    assert (held.valid_from, held.learned_at) == (since, NOW)


def test_what_was_so_before_is_kept_as_the_past_and_the_present_stands(session: Session) -> None:
    porto = facts.add(session, fact("The user lives in Porto.", HOME, since=datetime(2020, 1, 1, tzinfo=UTC)))
    then = datetime(2015, 1, 1, tzinfo=UTC)
    rome = facts.add(
        session, fact("The user lives in Rome.", HOME, quote="I moved to Rome in 2015", at=LATER, since=then)
    )
    assert facts.current(session) == [porto]
    assert (rome.valid_from, rome.valid_until, rome.ended) == (then, porto.valid_from, Ended.EARLIER)


def test_an_uncertain_pair_stands_side_by_side_in_doubt_once(session: Session) -> None:
    nurse = facts.add(session, fact("The user works as a nurse.", "work"))
    teacher = facts.add(session, fact("The user is a teacher.", "work", at=LATER))
    facts.add(session, fact("The user is a teacher.", "work", at=LATER + DAY))
    assert {one.id for one in facts.current(session)} == {nurse.id, teacher.id}
    [doubt] = facts.doubts(session)
    assert (doubt.fact_id, doubt.other_id) == (teacher.id, nurse.id)


@pytest.mark.parametrize("keeps", ["one", "both"])
def test_the_users_answer_settles_a_doubt_for_good(session: Session, keeps: str) -> None:
    nurse = facts.add(session, fact("The user works as a nurse.", "work"))
    teacher = facts.add(session, fact("The user is a teacher.", "work", at=LATER))
    held = [teacher.id or 0] if keeps == "one" else [teacher.id or 0, nurse.id or 0]
    facts.settle(session, facts.doubts(session)[0], held, LATER + DAY)
    assert {one.id for one in facts.current(session)} == set(held)
    assert teacher.confirmed == 1
    assert (nurse.ended, nurse.corrected) == (("settled", 1) if keeps == "one" else (None, 0))
    facts.add(session, fact("The user works as a nurse.", "work", at=LATER + 2 * DAY))
    assert facts.doubts(session) == [] or keeps == "one"  # said again of what did not hold, it is asked anew


def test_taking_back_a_turn_that_said_it_again_takes_back_only_its_words(session: Session) -> None:
    talk = conversations.start(session, Conversation(title="T", playbook="open", started_at=NOW, last_at=NOW))
    turn = conversations.add_turn(session, talk, "I do live in Porto", LATER)
    held = facts.add(session, fact("The user lives in Porto.", HOME))
    facts.add(session, fact("The user lives in Porto.", HOME, turn_id=turn.id, at=LATER))
    assert facts.of_turn(session, turn.id or 0) == [held]
    assert facts.withdraw(session, turn.id or 0) == []
    session.expire_all()
    assert (held.confirmed, len(facts.evidence(session, held.id or 0))) == (0, 1)


def test_taking_back_the_turn_that_taught_it_first_leaves_what_was_said_later(session: Session) -> None:
    talk = conversations.start(session, Conversation(title="T", playbook="open", started_at=NOW, last_at=NOW))
    first, second = (conversations.add_turn(session, talk, words, NOW) for words in ("In Porto", "In Porto, yes"))
    held = facts.add(session, fact("The user lives in Porto.", HOME, turn_id=first.id))
    facts.add(session, fact("The user lives in Porto.", HOME, quote="In Porto, yes", turn_id=second.id, at=LATER))
    assert facts.withdraw(session, first.id or 0) == []
    session.expire_all()
    assert (held.quote, held.turn_id, held.learned_at) == ("In Porto, yes", second.id, LATER)


def test_a_forgotten_fact_leaves_running_conversations_and_its_evidence_goes(session: Session) -> None:
    held = facts.add(session, fact("The user lives in Porto.", HOME))
    talk = conversations.start(
        session,
        Conversation(title="T", playbook="open", started_at=NOW, last_at=NOW, profile=[held.text, "The user paints."]),
    )
    fact_id = held.id or 0
    facts.forget(session, held)
    session.expire_all()
    assert talk.profile == ["The user paints."]
    assert facts.evidence(session, fact_id) == []


def test_a_doubt_goes_with_a_fact_that_ends_otherwise(session: Session) -> None:
    facts.add(session, fact("The user works as a nurse.", "work"))
    facts.add(session, fact("The user is a teacher.", "work", at=LATER))
    facts.add(session, fact("The user is a baker.", "work", quote="I am a baker now", at=LATER + DAY))
    assert [one.text for one in facts.current(session)] == ["The user is a baker."]
    assert facts.doubts(session) == []
    assert len(session.exec(select(FactDoubt)).all()) == 1


def test_a_later_answer_that_cites_what_is_erased_loses_its_words_and_their_vector(session: Session) -> None:
    talk = conversations.start(session, Conversation(title="T", playbook="open", started_at=LATER, last_at=LATER))
    old, new = (
        conversations.add_turn(session, talk, "The sea", NOW),
        conversations.add_turn(session, talk, "And?", LATER),
    )
    cites = [{"number": 1, "kind": "turn", "id": old.id, "title": "The zirconium sea", "url": ""}]
    conversations.finish_turn(
        session, new.id or 0, TurnState.DONE, LATER, reply="The zirconium sea [1]", citations=cites
    )
    for is_reply in (False, True):
        session.add(TurnVector(turn_id=new.id or 0, is_reply=is_reply, embedder="e", data=b"1234"))
    session.flush()
    unsaying.forget_before(session, NOW + DAY)
    session.expire_all()
    [left] = conversations.turns(session, talk.id or 0)
    assert (left.said, left.reply, left.citations) == ("And?", UNSAID, [])
    assert session.exec(select(TurnVector)).all() == []


def test_a_person_in_the_words_of_one_evidence_leaves_the_fact_to_the_others(session: Session) -> None:
    held = facts.add(session, fact("The user lives in Porto.", HOME, quote="near Zoe, in Porto"))
    facts.add(session, fact("The user lives in Porto.", HOME, quote="I live in Porto", at=LATER))
    facts.add(session, fact("The user's aunt is Zoe.", "aunt name"))
    unsaying.forget_person(session, lambda text: "Zoe" in text)
    session.expire_all()
    assert [(one.id, one.quote) for one in facts.every(session)] == [(held.id, "I live in Porto")]
