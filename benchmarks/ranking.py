"""Whether ranking learns what a reader wants from the answers to what it showed: simulated readers, 18 days each.

Each day brings 60 texts and shows 10; interests are never told, one answer in ten is wrong, and after day 10 the reader
wants something else. What is shown, and what nDCG@10 is of, is the order of `Taste.judge` over all texts of the day, one
in ten of them a guess, as in a digest. The oracle knows the interest. Chosen on AG News, reported on BBC; `choosing`
holds the same figures of AG News. `--quick` lets few readers live on BBC alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.ranking.features import Interests, Subject
from assistant.ranking.taste import Judgement, Lesson, Taste
from benchmarks.news import News, ag_news, bbc
from benchmarks.ranking_readers import CHANGE_AFTER, DAYS, Reader, readers
from benchmarks.report import Unmeasured, arguments, report, say
from memory.embed import NoEmbedder
from memory.models import Verb

NOW = datetime(2026, 1, 5, 6, tzinfo=UTC)
SHOWN, GUESSES = 10, 1
SOURCES = 8
"""Texts come from so many, which say nothing of what is in them."""
RECOVERED = 0.9
"""A change is over on the first day with so much of what was reached on the day before it."""
BINS = 10
DAY_10 = CHANGE_AFTER - 1
Shares = NDArray[np.float64]
_DISCOUNT = 1.0 / np.log2(np.arange(2, SHOWN + 2))


@dataclass
class Life:
    """What a reader met: the share of the oracle's nDCG a day under each arm, and what was foretold."""

    shares: dict[str, list[float]] = field(default_factory=dict)
    top: list[tuple[float, bool]] = field(default_factory=list)
    """(chance, answer) of the ten highest scored of each day."""
    every: list[tuple[float, bool]] = field(default_factory=list)

    def note(self, arm: str, order: Sequence[int], wanted: NDArray[np.bool_]) -> None:
        oracle = float(_DISCOUNT[: min(SHOWN, int(wanted.sum()))].sum())
        gain = float((wanted[list(order)] * _DISCOUNT[: len(order)]).sum())
        self.shares.setdefault(arm, []).append(gain / oracle if oracle else float("nan"))


def main() -> None:
    args = arguments("ranking")
    started = time.perf_counter()
    keys: dict[str, Any]
    if args.data is None:
        keys = _unmeasured("No folder of real documents: give --data or TELOS_TEST_DATA.")
    else:
        try:
            count = 10 if args.quick else 120
            keys = {"readers": count, **figures(bbc(args.data), count, args.seed)}
            if not args.quick:
                keys["choosing"] = figures(ag_news(args.data), count, args.seed)
        except NoEmbedder as failure:
            keys = _unmeasured(str(failure))
    report("ranking", seed=args.seed, quick=args.quick, started=started, **keys)


def _unmeasured(why: str) -> dict[str, Any]:
    names = ("oracle_share_day10", "p10_share_day10", "recovery_days", "ece", "brier_skill", "newest_first_share",
             "popularity_share", "without_learning_share")  # fmt: skip
    return {name: Unmeasured(why) for name in names}


def figures(news: News, count: int, seed: int) -> dict[str, Any]:
    """The keys of the report over `count` readers of `news`."""
    everybody = readers(news, count, seed)
    popular = np.mean([reader.first.wanted for reader in everybody], axis=0)
    lives: list[Life] = []
    for number, reader in enumerate(everybody):
        lives.append(live(news, reader, popular, np.random.default_rng([seed, number])))
        if number % 10 == 9:
            say(f"{number + 1} of {count} readers have lived their {DAYS} days")
    of_arm = {arm: np.array([life.shares[arm] for life in lives]) for arm in lives[0].shares}
    learned = of_arm["learned"]
    by_day = np.nanmean(learned, axis=0)
    kinds = np.array([reader.first.kind for reader in everybody])
    return {
        "oracle_share_day10": float(by_day[DAY_10]),
        "p10_share_day10": float(np.nanpercentile(learned[:, DAY_10], 10)),
        "recovery_days": recovery_days(by_day),
        "ece": expected_calibration_error([pair for life in lives for pair in life.top]),
        "brier_skill": brier_skill([life.every for life in lives]),
        **{f"{arm}_share": float(np.nanmean(of_arm[arm][:, DAY_10])) for arm in of_arm if arm != "learned"},
        "oracle_share_low": _low(learned[:, DAY_10], seed),
        "by_day": [round(float(share), 3) for share in by_day],
        "by_kind": {
            str(kind): round(float(np.nanmean(learned[kinds == kind, DAY_10])), 3) for kind in np.unique(kinds)
        },
    }


def live(news: News, reader: Reader, popular: NDArray[np.float64], random: np.random.Generator) -> Life:
    """Eighteen days of one reader, under every arm; only the ranking that learns has any memory."""
    life, lessons = Life(), list[Lesson]()
    ages = random.random(len(news.texts))
    sources = random.integers(0, SOURCES, len(news.texts))
    for day in range(DAYS):
        at = NOW + timedelta(days=day)
        texts = reader.days[day]
        subjects = [_subject(news, text, float(ages[text]), f"source {sources[text]}") for text in texts]
        wanted, answers = reader.wanted(day), reader.answers(day)
        judged = _judged(lessons, subjects, at)
        chances = np.array([one.chance for one in judged])
        best = np.argsort(-chances, kind="stable")[:SHOWN]
        shown = shown_of(judged)
        life.note("learned", shown, wanted)
        life.note(
            "without_learning", list(np.argsort([-one.chance for one in _judged([], subjects, at)])[:SHOWN]), wanted
        )
        life.note("newest_first", list(np.argsort(ages[texts])[:SHOWN]), wanted)
        life.note("popularity", list(np.argsort(-popular[texts], kind="stable")[:SHOWN]), wanted)
        life.top += [(float(chances[place]), bool(answers[place])) for place in best]
        life.every += list(zip(chances.tolist(), answers.tolist(), strict=True))
        for place in shown:
            verb = Verb.MORE if answers[place] else Verb.LESS
            lessons.append(Lesson(subjects[place], verb, at + timedelta(hours=1), day))
    return life


def shown_of(judged: Sequence[Judgement]) -> list[int]:
    """The likeliest, and at the end a guess: what may yet turn out best. This is `assistant.digest.select` without
    sections, quotas and the cut of the unlikely, so that ten are shown each day."""
    likely = sorted(range(len(judged)), key=lambda place: -judged[place].chance)[: SHOWN - GUESSES]
    hopeful = sorted(range(len(judged)), key=lambda place: -judged[place].hope)
    return likely + [place for place in hopeful if place not in likely][:GUESSES]


def _judged(lessons: Sequence[Lesson], subjects: Sequence[Subject], at: datetime) -> list[Judgement]:
    return Taste.learn(lessons, Interests(), _dimension(subjects), at).judge(subjects)


def _dimension(subjects: Sequence[Subject]) -> int:
    return 0 if subjects[0].vector is None else len(subjects[0].vector)


def _subject(news: News, text: int, age_days: float, source: str) -> Subject:
    return Subject(
        vector=news.vectors[text],
        title=news.titles[text],
        text=news.texts[text][:2000],
        sources=(source,),
        age_days=age_days,
    )


def recovery_days(by_day: Shares) -> int | Unmeasured:
    """Days from the change of interest until the mean share is `RECOVERED` of that of the day before it."""
    goal = RECOVERED * by_day[DAY_10]
    reached = np.flatnonzero(by_day[CHANGE_AFTER:] >= goal)
    return int(reached[0]) + 1 if len(reached) else Unmeasured(f"Not within {DAYS - CHANGE_AFTER} days.")


def expected_calibration_error(judged: Sequence[tuple[float, bool]]) -> float:
    """Over ten bins of equal width, weighted by how many fall in each."""
    chances, answers = np.array(judged, dtype=float).T
    bins = np.minimum((chances * BINS).astype(int), BINS - 1)
    gaps = [abs(chances[bins == one].mean() - answers[bins == one].mean()) * (bins == one).mean() for one in set(bins)]
    return float(sum(gaps))


def brier_skill(each: Sequence[Sequence[tuple[float, bool]]]) -> float:
    """How much better than always saying the reader's own base rate: above 0 if it is."""
    judged = [np.array(one, dtype=float).T for one in each]
    ours = np.mean([((chances - answers) ** 2).mean() for chances, answers in judged])
    return float(1.0 - ours / np.mean([answers.var() for _, answers in judged]))


def _low(shares: Shares, seed: int) -> float:
    """The lower end of a 95% interval of the mean, by bootstrap over readers."""
    random = np.random.default_rng(seed)
    known = shares[~np.isnan(shares)]
    return float(np.percentile([random.choice(known, len(known)).mean() for _ in range(1000)], 2.5))


if __name__ == "__main__":
    main()
