"""Two copies of a model converse, each under its own instruction, and are probed aside after each round.

The protocol of arXiv 2402.10962: after a round, and at round 0 outside the conversation, the history is cut where it is and
the probe's question asked in its place; question and answer never enter the conversation. Both speakers are probed. It
knows a voice that replies to requests, and no statistics; `scoring` has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol
from zlib import crc32

from assistant.engine.contract import Reply, Request, Sampling
from assistant.steering.drift.checks import Verdict
from assistant.steering.drift.methods import Method
from assistant.steering.drift.probe import Probe

ROUNDS = 8


class Voice(Protocol):
    """What replies: an engine, by its `batch`."""

    def batch(self, requests: Sequence[Request]) -> list[Reply]: ...


@dataclass(frozen=True, slots=True)
class Pair:
    """Two probes whose instructions converse, and what the second speaker begins with."""

    first: Probe
    second: Probe
    opening: str

    @property
    def key(self) -> str:
        return f"{self.first.instruction}|{self.second.instruction}|{self.opening}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How long they talk: tokens of a message and of an answer, rounds, and how what they say is drawn.

    Answers to probes are greedy. The same seed gives the same conversation.
    """

    rounds: int = ROUNDS
    tokens: int = 96
    answer_tokens: int = 96
    temperature: float = 0.7
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one speaker answered to its probe after a round. `attention` is the share paid to the instruction, unraised."""

    pair: int
    speaker: int
    round: int
    kind: str
    verdict: Verdict
    text: str
    attention: float | None = None


@dataclass(slots=True)
class _Talk:
    pair: Pair
    said: list[str] = field(default_factory=list)
    """The second speaker's opening, the first one's reply, and so on."""

    def __post_init__(self) -> None:
        self.said.append(self.pair.opening)


def paired(probes: Sequence[Probe], openings: Sequence[str]) -> list[Pair]:
    """Each probe once on either side, with one half of the list away: pairs of different families where there are any."""
    in_order = sorted(range(len(probes)), key=lambda place: (probes[place].kind, place))
    half = (len(probes) + 1) // 2
    partners = zip(in_order[:half], in_order[half:] or in_order[:1], strict=False)
    return [Pair(probes[one], probes[other], openings[n % len(openings)]) for n, (one, other) in enumerate(partners)]


def converse(
    voice: Voice, pairs: Sequence[Pair], method: Method, course: Course, *, wants_attention: bool = False
) -> Iterator[list[Answer]]:
    """The answers after each round, round 0 first: two for each pair."""
    talks = [_Talk(pair) for pair in pairs]
    yield _probed(voice, talks, method, course, 0, wants_attention)
    for number in range(1, course.rounds + 1):
        for speaker in (0, 1):
            _speak(voice, talks, method, course, speaker)
        yield _probed(voice, talks, method, course, number, wants_attention)


def _speak(voice: Voice, talks: Sequence[_Talk], method: Method, course: Course, speaker: int) -> None:
    requests = [
        method.asked(
            method.told(_probe(talk, speaker).instruction, talk.said, begins=bool(speaker)),
            max_tokens=course.tokens,
            sampling=Sampling(temperature=course.temperature, seed=_seed(talk, course)),
        )
        for talk in talks
    ]
    for talk, reply in zip(talks, voice.batch(requests), strict=True):
        talk.said.append(reply.text.strip() or "…")  # silence is an answer, too, and no template takes an empty one


def _probed(
    voice: Voice, talks: Sequence[_Talk], method: Method, course: Course, number: int, wants_attention: bool
) -> list[Answer]:
    sides = [(place, speaker) for place in range(len(talks)) for speaker in (0, 1)]
    requests: list[Request] = []
    for place, speaker in sides:
        talk = talks[place]
        probe = _probe(talk, speaker)
        said = talk.said[: 2 * number + speaker] if number else []
        messages = method.told(probe.instruction, [*said, probe.question], begins=bool(speaker and said))
        request = method.asked(messages, max_tokens=course.answer_tokens, sampling=Sampling())
        requests.append(replace(request, wants_attention=wants_attention))
    return [
        Answer(
            pair=place,
            speaker=speaker,
            round=number,
            kind=_probe(talks[place], speaker).kind,
            verdict=_probe(talks[place], speaker).check(reply.text),
            text=reply.text,
            attention=reply.attention,
        )
        for (place, speaker), reply in zip(sides, voice.batch(requests), strict=True)
    ]


def _probe(talk: _Talk, speaker: int) -> Probe:
    return talk.pair.second if speaker else talk.pair.first


def _seed(talk: _Talk, course: Course) -> int:
    """Of one message: another for each, the same in every run and for every method."""
    return crc32(f"{course.seed}|{talk.pair.key}|{len(talk.said)}".encode())
