"""Does a model keep to its instructions over a conversation, and what helps: nothing, repetition, guidance, split-softmax.

A small model is trained from scratch on dialogues of two to five rounds under one instruction of eight families; then two
copies of it talk for 12 rounds, and both are probed aside after each. `stability` is by round, round 0 outside of any
conversation; `cost` is the perplexity of fixed replies under a method over that under none, `time` its processor time over
that of none. `--model NAME` measures any model of the hub, or a folder, with our sixty English probes instead.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from assistant.config.schema import ModelSettings
from assistant.engine.contract import Message, Reply, Request
from assistant.generation.files import locate_model
from assistant.generation.loading import load
from assistant.generation.served import LanguageModel
from assistant.steering.drift import conversing, methods, scoring
from assistant.steering.drift.conversing import Answer, Course, Pair, converse, paired
from assistant.steering.drift.methods import Method
from assistant.steering.drift.probes import OPENINGS, PROBES
from assistant.workers.model_pipe import ModelOrder
from benchmarks import drift_model, drift_talk, drift_world
from benchmarks.drift_cost import Cost
from benchmarks.games.kept import Kept, default_folder, digest
from benchmarks.report import arguments, report, say

ROUNDS, EACH, DIALOGUES = 12, 8, 24
"""Rounds of a conversation, probes of a family, and dialogues whose replies tell the cost."""
METHODS = (
    methods.NOTHING,
    methods.repeated(4),
    methods.repeated(2),
    methods.guided(1.5),
    methods.guided(2.5),
    methods.split(0.9),
    methods.split(0.7),
    methods.split(0.5),
    methods.split(0.3),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: the model's folder, the pairs that talk, how long, and the dialogues that tell the cost."""

    folder: Path
    name: str
    pairs: Sequence[Pair]
    course: Course
    dialogues: Sequence[Sequence[Message]]


class InProcess:
    """The `local` engine's own model, without its worker: what `converse` asks."""

    def __init__(self, subject: Subject) -> None:
        settings = ModelSettings(engine="local", context_tokens=4096, compile=False)
        self._served = LanguageModel(ModelOrder(subject.folder, subject.name, settings))

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        (replies,) = self._served.batch(requests)
        return replies


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--model", default="", help="a model of the hub, or a folder, instead of the one from scratch")
    parser.add_argument("--rounds", type=int, default=0)
    own, rest = parser.parse_known_args()
    chosen = arguments("drift", rest)
    started = time.perf_counter()
    torch.set_num_threads(1 if not own.model else torch.get_num_threads())  # for a small model, more only wait
    kept = Kept(default_folder("drift"))
    subject = _of_the_hub(own.model, chosen.seed) if own.model else _from_scratch(kept, chosen.seed, chosen.quick)
    if own.rounds:
        subject = replace(subject, course=replace(subject.course, rounds=own.rounds))
    ways = METHODS if not chosen.quick else (METHODS[0], METHODS[1], METHODS[3], METHODS[6])
    say(f"{len(subject.pairs)} pairs, {subject.course.rounds} rounds, {len(ways)} methods")
    found = {method.name: _measured(kept, subject, method) for method in ways}
    report(
        "drift",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        model=subject.name,
        rounds=subject.course.rounds,
        probes=2 * len(subject.pairs),
        minutes=kept.minutes(),
        **figures(found, chosen.seed),
        **_perplexities(kept, subject, ways),
    )


def _from_scratch(kept: Kept, seed: int, is_quick: bool) -> Subject:
    folder = drift_model.trained(kept, seed=seed, is_quick=is_quick)
    probes = drift_world.probes(seed, 2 if is_quick else EACH)
    chance = np.random.default_rng(seed + 1)
    talks = [drift_world.dialogue(chance, (8, 8)) for _ in range(4 * DIALOGUES)]
    told = [talk.messages for talk in talks if talk.messages[0][0] == "system"]
    fixed = [[Message(role, text) for role, text in one] for one in told if sum(r == "system" for r, _ in one) == 1]
    return Subject(
        folder=folder,
        name="from scratch",
        pairs=paired(probes, drift_world.openings(seed, len(probes))),
        course=Course(rounds=3 if is_quick else ROUNDS, tokens=16, answer_tokens=16, seed=seed),
        dialogues=fixed[: 4 if is_quick else DIALOGUES],
    )


def _of_the_hub(name: str, seed: int) -> Subject:
    return Subject(
        folder=locate_model(name, "main", may_fetch=True),
        name=name,
        pairs=paired(PROBES, OPENINGS),
        course=Course(rounds=conversing.ROUNDS, seed=seed),
        dialogues=drift_talk.DIALOGUES,
    )


def _measured(kept: Kept, subject: Subject, method: Method) -> dict[str, Any]:
    """All answers of a method and the seconds it took; kept, so that a run that was ended goes on."""
    told = [(one.key, one.first.question, one.second.question) for one in subject.pairs]
    sources = [Path(str(module.__file__)).read_text(encoding="utf-8") for module in (conversing, methods)]
    key = digest(subject.folder.name, subject.name, told, asdict(subject.course), asdict(method), sources)

    def make() -> dict[str, Any]:
        voice = InProcess(subject)
        voice.batch([Request(messages=[Message("user", "Hello.")], max_tokens=4)])  # it is loaded by its first request
        begun, begun_cpu = time.perf_counter(), time.process_time()
        answers: list[Answer] = []
        for part in converse(voice, subject.pairs, method, subject.course, wants_attention=method.guidance == 1):
            answers += part
            (last,) = scoring.by_round(part)
            say(f"{method.name}, round {last.number}: {last.stability}, {last.unscored} unscored")
        cpu_s = time.process_time() - begun_cpu
        return {"answers": [asdict(one) for one in answers], "s": time.perf_counter() - begun, "cpu_s": cpu_s}

    found: dict[str, Any] = kept.facts(f"talk-{method.name.replace(' ', '-')}", key, make)
    return found


def figures(found: dict[str, dict[str, Any]], seed: int) -> dict[str, Any]:
    """The keys of the report that answers tell."""
    answers = {name: [Answer(**one) for one in kept["answers"]] for name, kept in found.items()}
    nothing = methods.NOTHING.name
    rounds = {name: scoring.by_round(those) for name, those in answers.items()}
    gains = {name: scoring.gain(those, answers[nothing], seed=seed) for name, those in answers.items()}
    return {
        "stability": {name: [_short(one.stability) for one in those] for name, those in rounds.items()},
        "interval": {name: [[_short(one.low), _short(one.high)] for one in those] for name, those in rounds.items()},
        "unscored": {name: sum(one.unscored for one in those) for name, those in rounds.items()},
        "scored": {name: sum(one.scored for one in those) for name, those in rounds.items()},
        "attention": {name: [_short(one.attention) for one in those] for name, those in rounds.items()},
        "gain": {name: _shorts(gain) for name, gain in gains.items() if name != nothing},
        "by_family": {name: _named(scoring.by_kind(those)) for name, those in answers.items()},
        "time": {name: _short(kept["cpu_s"] / found[nothing]["cpu_s"]) for name, kept in found.items()},
    }


def _perplexities(kept: Kept, subject: Subject, ways: Iterable[Method]) -> dict[str, Any]:
    """`cost` by method, and the perplexity without one."""
    told = [[(message.role, message.text) for message in dialogue] for dialogue in subject.dialogues]

    def make() -> dict[str, float]:
        cost = Cost(load(subject.folder, device="auto"))
        return {method.name: cost.perplexity(subject.dialogues, method) for method in ways}

    key = digest(subject.folder.name, subject.name, told, [asdict(method) for method in ways])
    found = kept.facts("perplexity", key, make)
    plain = found[methods.NOTHING.name]
    return {"cost": {name: _short(one / plain) for name, one in found.items()}, "perplexity": plain}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _shorts(values: tuple[float, ...] | None) -> list[float | None] | None:
    return None if values is None else [_short(value) for value in values]


def _named(values: dict[str, float | None]) -> dict[str, float | None]:
    return {name: _short(value) for name, value in values.items()}


if __name__ == "__main__":
    main()
