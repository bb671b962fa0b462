"""The ranking learns from answers, forgets what was undone, follows a change of interest and knows how sure it is."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assistant.ranking.belief import Belief
from assistant.ranking.eras import Eras
from assistant.ranking.features import Interests, Subject
from assistant.ranking.taste import Lesson, Taste
from memory.models import Verb

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DIMENSION = 32
NOTHING = Interests()


def near(topic: int, seed: int) -> NDArray[np.float32]:
    """A vector of `topic`: one axis and noise, of unit length."""
    vector = np.random.default_rng(seed).standard_normal(DIMENSION) * 0.12
    vector[topic] += 1.0
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def subject(topic: int, seed: int, **facts: object) -> Subject:
    return replace(Subject(vector=near(topic, seed), title=f"title{seed}", sources=("town",)), **facts)  # type: ignore[arg-type]


def lesson(topic: int, verb: Verb, number: int, *, day: int = 0, **facts: object) -> Lesson:
    return Lesson(subject(topic, number, **facts), verb, NOW + timedelta(days=day, minutes=number), day)


def learn(*lessons: Lesson, interests: Interests = NOTHING, days: float = 1.0) -> Taste:
    return Taste.learn(lessons, interests, DIMENSION, NOW + timedelta(days=days))


def chance(taste: Taste, one: Subject) -> float:
    return taste.judge([one])[0].chance


def test_more_raises_and_less_lowers_what_is_alike() -> None:
    before = learn()
    after = learn(lesson(1, Verb.MORE, 1), *(lesson(2, Verb.LESS, number) for number in range(2, 6)))
    assert chance(after, subject(1, 50)) > chance(before, subject(1, 50)) + 0.1
    assert chance(after, subject(2, 51)) < chance(before, subject(2, 51)) - 0.02
    assert chance(after, subject(1, 50)) > chance(after, subject(3, 52)) > chance(after, subject(2, 51))


@pytest.mark.parametrize("group", ["sources", "authors", "topics"])
def test_a_source_an_author_or_a_topic_is_learned_without_vectors(group: str) -> None:
    def told(name: str) -> Subject:
        return replace(Subject(vector=None, title="t"), **{group: (name,)})  # type: ignore[arg-type]

    answers = [Lesson(told("Liked"), Verb.MORE, NOW, 1), Lesson(told("Other"), Verb.LESS, NOW, 1)]
    liked, unknown, other = Taste.learn(answers, NOTHING, 0, NOW).judge([told("Liked"), told("New"), told("Other")])
    assert liked.chance > unknown.chance > other.chance
    assert [reason.name for reason in liked.reasons] == ["Liked"]


def test_the_order_in_which_lessons_are_read_does_not_matter() -> None:
    lessons = [
        lesson(number % 3, Verb.MORE if number % 3 else Verb.LESS, number, day=number // 4) for number in range(12)
    ]
    subjects = [subject(topic, 70) for topic in range(3)]
    assert learn(*lessons).judge(subjects) == learn(*reversed(lessons)).judge(subjects)


def test_interests_of_the_configuration_rank_before_anything_was_answered() -> None:
    vectors = np.stack([near(4, 1)])
    taste = learn(interests=Interests(("dialogue planning",), vectors))
    matching, by_words, other = taste.judge(
        [subject(4, 2), Subject(vector=None, title="On planning a dialogue", text=""), subject(5, 3)]
    )
    assert matching.chance > 0.5 > other.chance
    assert [(reason.kind, reason.name) for reason in matching.reasons] == [("interest", "dialogue planning")]
    assert by_words.chance > other.chance


def test_reasons_count_the_alike_items_that_were_kept() -> None:
    taste = learn(*(lesson(1, Verb.KEEP, number) for number in range(3)), lesson(2, Verb.KEEP, 9))
    reasons = {reason.kind: reason for reason in taste.judge([subject(1, 80)])[0].reasons}
    assert reasons["keep"].count == 3


def test_words_tell_apart_what_vectors_do_not() -> None:
    def told(title: str) -> Subject:
        return Subject(vector=near(1, 1), title=title, text="The committee met on Tuesday and will meet again.")

    answers = [
        Lesson(told(f"{fish} {number} in the harbour"), verb, NOW, 1)
        for number in range(3)
        for fish, verb in (("Herring quota", Verb.MORE), ("Ferry fares", Verb.LESS))
    ]
    wanted, unwanted = Taste.learn(answers, NOTHING, DIMENSION, NOW).judge([told("Herring quota"), told("Ferry fares")])
    assert wanted.chance > 0.5 > 0.2 > unwanted.chance


def test_doubt_falls_where_answers_were_given() -> None:
    taste = learn(*(lesson(1, Verb.MORE, number) for number in range(8)))
    known, unknown = taste.judge([subject(1, 81), replace(subject(7, 82), sources=("elsewhere",))])
    assert known.doubt < 0.8 * unknown.doubt
    assert unknown.doubt <= 1.0


def test_what_was_learned_fades_in_time() -> None:
    lessons = [lesson(1, Verb.MORE, number) for number in range(6)]
    first, soon, late = (
        chance(taste, subject(1, 83)) for taste in (learn(), learn(*lessons), learn(*lessons, days=400))
    )
    assert soon > late
    assert late == pytest.approx(first, abs=0.02)


class Reader:
    """Wants one topic of four, with one answer in ten the other way, and answers to ten stories a day."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.topic = 0
        self.lessons: list[Lesson] = []
        self.top: list[tuple[float, bool]] = []
        self.everything: list[tuple[float, bool]] = []

    def live(self, day: int) -> float:
        """A day: rank forty stories, answer to the ten best; the share of the best possible nDCG."""
        taste = Taste.learn(self.lessons, NOTHING, DIMENSION, NOW + timedelta(days=day))
        topics = self.random.integers(0, 4, 40)
        subjects = [subject(int(topic), day * 100 + number) for number, topic in enumerate(topics)]
        wanted = np.where(topics == self.topic, 0.9, 0.1)
        answers = self.random.random(40) < wanted
        chances = np.array([judgement.chance for judgement in taste.judge(subjects)])
        order = np.argsort(-chances, kind="stable")[:10]
        for number in order:
            verb = Verb.MORE if answers[number] else Verb.LESS
            self.lessons.append(Lesson(subjects[number], verb, NOW + timedelta(days=day, seconds=int(number)), day))
        self.top += [(float(chances[number]), bool(answers[number])) for number in order]
        self.everything += list(zip(chances.tolist(), answers.tolist(), strict=True))
        gain = 1.0 / np.log2(np.arange(2, 12))
        return float((wanted[order] * gain).sum() / (np.sort(wanted)[::-1][:10] * gain).sum())


@pytest.fixture(scope="module")
def readers() -> list[Reader]:
    return [Reader(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def shares(readers: list[Reader]) -> list[list[float]]:
    """Twelve days of one interest, then ten of another."""
    lived: list[list[float]] = []
    for reader in readers:
        days = [reader.live(day) for day in range(12)]
        reader.topic = 2
        lived.append(days + [reader.live(day) for day in range(12, 22)])
    return lived


def test_by_the_tenth_day_the_order_is_nearly_the_best(shares: list[list[float]]) -> None:
    assert np.mean([days[9:12] for days in shares]) >= 0.85


def test_a_change_of_interest_is_followed_within_a_week(shares: list[list[float]]) -> None:
    assert min(np.mean(days[18:22]) for days in shares) >= 0.8
    assert max(days[12] for days in shares) < 0.8


def test_chances_come_true_among_the_highest_scored(readers: list[Reader], shares: list[list[float]]) -> None:
    judged = [pair for reader in readers for pair in reader.top[30:120]]
    chances, answers = np.array(judged).T
    bins = np.minimum((chances * 10).astype(int), 9)
    error = sum(
        abs(chances[bins == one].mean() - answers[bins == one].mean()) * (bins == one).mean() for one in set(bins)
    )
    assert error <= 0.12


def test_chances_are_better_than_the_base_rate(readers: list[Reader], shares: list[list[float]]) -> None:
    chances, answers = np.array([pair for reader in readers for pair in reader.everything]).T
    assert ((chances - answers) ** 2).mean() < ((answers.mean() - answers) ** 2).mean()


@settings(max_examples=40, deadline=None)
@given(
    x=st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    wanted=st.booleans(),
    weight=st.floats(0.1, 3),
    variance=st.floats(0.01, 20),
)
def test_an_answer_moves_the_belief_its_way_and_never_adds_doubt(
    x: list[float], wanted: bool, weight: float, variance: float
) -> None:
    kernel = np.outer(x, x) * variance + np.eye(3)
    belief = Belief(kernel, np.zeros(3))
    (mean_before,), (doubt_before,) = belief.logits(kernel[:1, :0], np.zeros(1), kernel[0, :1])
    belief.observe(wanted, weight)
    mean, doubt = belief.logits(kernel[:1, :1], np.zeros(1), kernel[0, :1])
    assert (mean[0] >= mean_before - 1e-9) if wanted else (mean[0] <= mean_before + 1e-9)
    assert 0.0 <= doubt[0] <= doubt_before + 1e-9


def test_an_answer_finds_the_mode_of_the_posterior() -> None:
    belief = Belief(np.array([[4.0]]), np.zeros(1))
    belief.observe(True)
    grid = np.linspace(-6, 6, 120_001)
    posterior = -(grid**2) / 8.0 - np.log1p(np.exp(-grid))
    (mean,), (variance,) = belief.logits(np.array([[4.0]]), np.zeros(1), np.array([4.0]))
    assert mean == pytest.approx(grid[posterior.argmax()], abs=1e-3)
    slope = 1.0 / (1.0 + math.exp(-mean))
    assert variance == pytest.approx(1.0 / (1.0 / 4.0 + slope * (1.0 - slope)), abs=1e-6)


@given(seed=st.integers(0, 1000), count=st.integers(1, 80))
@settings(max_examples=15, deadline=None)
def test_many_answers_leave_the_covariance_that_their_curvatures_say(seed: int, count: int) -> None:
    """The answers are taken in one by one and in bunches; one inversion of the whole gives the same."""
    random = np.random.default_rng(seed)
    rows = random.standard_normal((count + 5, 4))
    kernel = rows @ rows.T
    belief = Belief(kernel, np.zeros(count + 5))
    curvatures = []
    for at, wanted in enumerate(random.random(count) < 0.4):
        (mean,), (variance,) = belief.logits(kernel[at : at + 1, :at], np.zeros(1), kernel[at, at : at + 1])
        belief.observe(bool(wanted))
        chance = 1.0 / (1.0 + math.exp(-(mean + belief.pull[-1] * variance)))
        curvatures.append(chance * (1.0 - chance))
    _, doubt = belief.logits(kernel[count:, :count], np.zeros(5), np.diag(kernel)[count:])
    answered = kernel[:count, :count]
    whole = (
        kernel[count:, :count] @ np.linalg.inv(answered + np.diag(1.0 / np.array(curvatures))) @ kernel[:count, count:]
    )
    assert doubt == pytest.approx(np.diag(kernel)[count:] - np.diag(whole), abs=1e-5)


def test_fading_all_the_way_is_the_prior() -> None:
    kernel = np.array([[2.0, 1.0], [1.0, 0.5]])
    belief = Belief(kernel, np.array([0.3, -1.0]))
    belief.observe(True)
    belief.fade(0.0)
    mean, variance = belief.logits(kernel[:, :1], np.array([0.3, -1.0]), np.diag(kernel))
    assert mean == pytest.approx([0.3, -1.0])
    assert variance == pytest.approx([2.0, 0.5])


def test_an_era_that_foretells_better_takes_over_and_one_begun_in_vain_does_not() -> None:
    """Two kinds of stories: the first is wanted for six days, then the second is, or still the first."""
    kinds = np.tile([0, 1], 60)
    kernel = 3.0 * (kinds[:, None] == kinds[None, :]).astype(float)
    asked = 3.0 * (np.array([[0], [1]]) == kinds[None, :]).astype(float)

    def learned(last: int) -> tuple[float, float]:
        eras = Eras(kernel, np.full(120, -1.0))
        for day in range(last):
            wanted = [bool(kind == (0 if day < 6 or last == 7 else 1)) for kind in kinds[day * 10 : day * 10 + 10]]
            eras.take(wanted, [1.0] * 10)
        taken = last * 10
        first, second = eras.foretell(asked[:, :taken], np.full(2, -1.0), np.full(2, 3.0)).log_odds
        return float(first), float(second)

    assert learned(7)[0] > 1.5 > -1.5 > learned(7)[1]
    assert learned(9)[0] < -1.0 < 0.5 < learned(9)[1]
