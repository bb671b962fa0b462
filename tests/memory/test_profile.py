"""The profile over rows: a lesson serves its neighbours, a change of mind is followed, a slip is not, and undoing is exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.embed import pack_one
from memory.models import Lesson, LessonOrigin
from memory.profile import learning, rulings
from memory.profile.context import Context, Observation, Vector
from memory.profile.deriving import derive
from memory.profile.evidence import Evidences
from memory.profile.profile import Profile
from memory.store import preferences
from tests.databases import open_empty

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SLUG = "test"
DIMENSION = 32


def meaning(topic: int, number: int) -> Vector:
    """Texts on one topic are about as alike as embedders find them."""
    chance = np.random.default_rng((topic, number))
    own, common = chance.standard_normal(DIMENSION), np.random.default_rng(topic).standard_normal(DIMENSION)
    vector = (0.8 * common + own).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def mail_to(reader: str, topic: int = 0, number: int = 0) -> Context:
    return Context(
        kind="mail",
        recipient=reader,
        domain=reader.partition("@")[2],
        text=f"topic {topic}",
        vector=meaning(topic, number),
        embedder=SLUG,
    )


def document(topic: int, number: int) -> Context:
    return Context(kind="document", text=f"topic {topic}", vector=meaning(topic, number), embedder=SLUG)


class Learner:
    """A database that lessons are given to, an hour apart."""

    def __init__(self, folder: Path) -> None:
        self.database = open_empty(folder / "telos.db")
        self.at = NOW

    def see(self, context: Context, *, is_active: bool = True, **values: str) -> int:
        """A lesson that shows these values; its id."""
        self.at += timedelta(hours=1)
        seen = [Observation(dimension=name, value=value, is_active=is_active) for name, value in values.items()]
        assert context.vector is not None
        lesson = Lesson(
            at=self.at,
            origin=LessonOrigin.EDIT if is_active else LessonOrigin.ACCEPTED,
            kind=context.kind,
            recipient=context.recipient,
            domain=context.domain,
            text=context.text,
            vector=pack_one(context.vector),
            embedder=SLUG,
        )
        with self.database.write() as session:
            learning.keep(session, lesson, seen)
            assert lesson.id is not None
            return lesson.id

    def wanted(self, context: Context, dimension: str, reach: float = 0.05) -> str | None:
        with self.database.read() as session:
            chosen = Profile.load(session, SLUG).choose(context, lambda _: reach)
        return next((one.value for one in chosen if one.dimension == dimension), None)

    def rows(self) -> set[tuple[object, ...]]:
        """What is held, without numbers and times."""
        with self.database.read() as session:
            return {
                (
                    one.dimension,
                    one.value,
                    one.kind,
                    one.recipient,
                    one.domain,
                    one.is_topical,
                    round(one.confidence, 9),
                )
                for one in preferences.held(session)
            }

    def links(self) -> set[frozenset[int]]:
        """What the preferences that hold rest on, for and against."""
        with self.database.read() as session:
            of = {row.id for row in preferences.held(session)}
            return {frozenset(ids) for (one, _), ids in preferences.links(session).items() if one in of}

    def derived_links(self) -> set[frozenset[int]]:
        """The same as it follows from the evidence."""
        with self.database.read() as session:
            derived = derive(Evidences.load(session)).preferences
        every = [ids for one in derived for ids in (one.evidence_for, one.evidence_against)]
        return {frozenset(ids) for ids in every if ids}


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    found = Learner(tmp_path)
    yield found
    found.database.close()


def test_one_plain_edit_is_followed_for_its_reader_and_not_for_a_stranger_elsewhere(learner: Learner) -> None:
    learner.see(mail_to("ann@a.example"), greeting="Hi {first},")
    learner.see(mail_to("boss@b.example", topic=5), greeting="Dear {title} {last},")
    assert learner.wanted(mail_to("ann@a.example", number=1), "greeting") == "Hi {first},"
    assert learner.wanted(mail_to("boss@b.example", topic=5, number=1), "greeting") == "Dear {title} {last},"


def test_what_was_learned_of_mails_is_not_done_to_documents(learner: Learner) -> None:
    for number in range(4):
        learner.see(mail_to("ann@a.example", number=number), layout="bullets")
    assert learner.wanted(document(0, 9), "layout") is None


def test_a_topic_has_its_own_layout_though_nothing_else_tells_texts_apart(learner: Learner) -> None:
    for number in range(6):
        learner.see(document(1, number), layout="bullets")
        learner.see(document(2, number), layout="prose")
    found = [
        (learner.wanted(document(1, n), "layout"), learner.wanted(document(2, n), "layout")) for n in range(20, 26)
    ]
    assert found.count(("bullets", "prose")) >= 5


def test_what_one_reader_let_be_is_no_reason_against_what_was_learned_for_another(learner: Learner) -> None:
    ann, cat = "ann@post.example", "cat@post.example"
    learner.see(mail_to(ann, 0), layout="numbered", greeting="Dear")
    for _ in range(24):
        learner.see(mail_to(cat, 1), greeting="Hi")
        learner.see(mail_to(cat, 1), is_active=False, layout="prose", greeting="Hi")
    on_their_subject = mail_to(ann, 1)
    assert learner.wanted(on_their_subject, "layout") == "numbered"
    assert learner.wanted(mail_to(cat, 1), "layout") is None


def test_a_change_of_mind_is_followed_within_three_edits_and_a_slip_is_not(learner: Learner) -> None:
    ann = "ann@a.example"
    for number in range(8):
        learner.see(mail_to(ann, number=number), greeting="Hi {first},")
    learner.see(mail_to(ann, number=8), greeting="Hey,")
    assert learner.wanted(mail_to(ann, number=9), "greeting") == "Hi {first},"
    for number in (10, 11):
        learner.see(mail_to(ann, number=number), greeting="Hey,")
    assert learner.wanted(mail_to(ann, number=12), "greeting") == "Hey,"


def test_the_same_edit_twice_in_a_row_changes_even_much_of_a_text_and_two_edits_apart_do_not(learner: Learner) -> None:
    ann, ben = "ann@a.example", "ben@b.example"
    for number in range(8):
        learner.see(mail_to(ann, number=number), layout="prose")
        learner.see(mail_to(ben, topic=1, number=number), layout="prose")
    for number in (8, 9):
        learner.see(mail_to(ann, number=number), layout="bullets")
    assert learner.wanted(mail_to(ann, number=12), "layout", reach=0.5) == "bullets"
    for number, layout in enumerate(("bullets", "prose", "bullets"), 8):
        learner.see(mail_to(ben, topic=1, number=number), layout=layout)
    assert learner.wanted(mail_to(ben, topic=1, number=12), "layout", reach=0.5) != "bullets"


def test_what_was_only_let_be_is_not_enough_for_a_large_change(learner: Learner) -> None:
    learner.see(mail_to("ann@a.example"), is_active=False, layout="bullets")
    assert learner.wanted(mail_to("ann@a.example", number=1), "layout", reach=0.5) is None


def test_a_pinned_preference_stands_against_evidence(learner: Learner) -> None:
    ann = "ann@a.example"
    learner.see(mail_to(ann), greeting="Hi {first},")
    with learner.database.write() as session:
        row = next(one for one in preferences.held(session) if one.dimension == "greeting")
        rulings.pin(session, row, learner.at)
    for number in range(1, 6):
        learner.see(mail_to(ann, number=number), greeting="Hey,")
    assert learner.wanted(mail_to(ann, number=9), "greeting") == "Hi {first},"


def test_what_was_forgotten_is_not_learned_again_from_the_same_edits(learner: Learner) -> None:
    ann = "ann@a.example"
    learner.see(mail_to(ann), greeting="Hi {first},")
    with learner.database.write() as session:
        for row in preferences.held(session):
            rulings.forget(session, row, learner.at)
    learner.see(mail_to(ann, number=1), closing="Cheers,")
    assert learner.wanted(mail_to(ann, number=2), "greeting") is None
    learner.see(mail_to(ann, number=3), greeting="Hi {first},")
    assert learner.wanted(mail_to(ann, number=4), "greeting") == "Hi {first},"


LESSONS = st.lists(
    st.tuples(
        st.sampled_from(["ann@a.example", "ben@a.example", "cleo@c.example"]),
        st.integers(0, 2),
        st.dictionaries(st.sampled_from(["greeting", "layout", "dates"]), st.sampled_from(["x", "y", "z"]), min_size=1),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=10, deadline=None)
@given(lessons=LESSONS, undone=st.integers(0, 7))
def test_a_lesson_taken_back_is_as_if_it_had_never_been(
    lessons: Sequence[tuple[str, int, dict[str, str], bool]], undone: int
) -> None:
    undone %= len(lessons)
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        taught, without = Learner(Path(one)), Learner(Path(other))
        ids: list[int] = []
        for number, (reader, topic, values, is_active) in enumerate(lessons):
            context = mail_to(reader, topic, number)
            ids.append(taught.see(context, is_active=is_active, **values))
            if number == undone:
                without.at += timedelta(hours=1)
            else:
                without.see(context, is_active=is_active, **values)
        with taught.database.write() as session:
            learning.take_back(session, ids[undone], taught.at)
        assert taught.rows() == without.rows()
        for learner in (taught, without):
            assert learner.links() == learner.derived_links()
        taught.database.close()
        without.database.close()
