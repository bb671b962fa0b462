"""Probes are scored by plain code, two copies converse without hearing of them, and the monitor's rule is as it says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.engine.contract import Message, Reply, Request, Usage
from assistant.steering.drift import checks, methods, monitor
from assistant.steering.drift.checks import Check, Verdict
from assistant.steering.drift.conversing import Answer, Course, Pair, converse, paired
from assistant.steering.drift.monitor import Limits, Seen, advise
from assistant.steering.drift.probe import Probe
from assistant.steering.drift.probes import OPENINGS, PROBES
from assistant.steering.drift.scoring import by_kind, by_round, gain, wilson

USAGE = Usage(prompt_tokens=1, prompt_reused=0, new_tokens=1, first_token_s=0, total_s=0)

CASES: list[tuple[Check, str, Verdict]] = [
    (checks.says("otter"), "An Otter, of course.", "kept"),
    (checks.says("otter"), "Potters make pots.", "broken"),
    (checks.says("otter"), "  ...  ", "unscored"),
    (checks.begins("Indeed"), '"Indeed, it is."', "kept"),
    (checks.ends("over and out"), "It is flour, over and out.", "kept"),
    (checks.ends("?"), "They sleep. Do you?", "kept"),
    (checks.ends("?"), "They sleep.", "broken"),
    (checks.is_upper(), "A TOWER WITH A LAMP.", "kept"),
    (checks.is_upper(), "A TOWER with a lamp.", "broken"),
    (checks.is_lower(), "the rhine", "kept"),
    (checks.without_letter("z"), "The zebra.", "broken"),
    (checks.words(1, 8), "Ice that moves, very slowly, downhill.", "kept"),
    (checks.words(1, 8), "It is ice that moves very slowly down a hill.", "broken"),
    (checks.sentences(1, 1), "It heats water until it boils!", "kept"),
    (checks.sentences(1, 1), "It heats water. Then it boils", "broken"),
    (checks.sentences(2, 2), "The light fades. Trees rest.", "kept"),
    (checks.lines(3, 3), "one\n\ntwo\nthree", "kept"),
    (checks.each_line("[-–]"), "- saw\n- file", "kept"),
    (checks.each_line("[-–]"), "Sure:\n- saw\n- file", "broken"),
    (checks.is_object("answer"), '```json\n{"answer": "100"}\n```', "kept"),
    (checks.is_object("answer"), '{"reply": 100}', "broken"),
    (checks.picks("B"), "B) a beach", "kept"),
    (checks.picks("B"), "c", "broken"),
    (checks.picks("B"), "A or B, as you like", "unscored"),
    (checks.is_in("French"), "Le boulanger est dans la rue avec les enfants.", "kept"),
    (checks.is_in("French"), "The baker is in the street with the children.", "broken"),
    (checks.is_in("French"), "Bonjour!", "unscored"),
    (checks.both(checks.begins("["), checks.ends("]")), "[It is ice.]", "kept"),
    (checks.both(checks.begins("["), checks.picks("A")), "[It is ice.]", "unscored"),
]


@pytest.mark.parametrize(
    ("check", "text", "verdict"), CASES, ids=[f"{n}-{text[:20]!r}" for n, (_, text, _) in enumerate(CASES)]
)
def test_answers_are_judged_by_plain_code(check: Check, text: str, verdict: Verdict) -> None:
    assert check(text) == verdict


def test_there_are_about_sixty_probes_of_five_families_and_none_is_met_by_what_says_nothing() -> None:
    assert 55 <= len(PROBES) <= 70
    assert len({probe.kind for probe in PROBES}) == 5
    assert len({(probe.instruction, probe.question) for probe in PROBES}) == len(PROBES)
    honest = "I would rather go to the market with you tomorrow and see what they have, if it is all the same to you, my dear friend."
    kept = [probe.instruction for probe in PROBES if probe.check(honest) == "kept"]
    assert len(kept) <= 4, "lengths and letters apart, an answer that heeds nothing keeps nothing"
    assert all(probe.check("") == "unscored" for probe in PROBES)


class Heard:
    """A voice that keeps what it was asked; it says its instruction's last word and how many messages it saw."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        self.requests += requests
        return [
            Reply(f"{one.messages[0].text.split()[-1]} {len(one.messages)}", USAGE, attention=0.25) for one in requests
        ]


def a_probe(word: str, kind: str = "fixed") -> Probe:
    return Probe(kind, f"Always say {word}", f"{word}?", checks.says(word))


def test_two_copies_converse_each_under_its_own_instruction_and_never_hear_a_probe() -> None:
    voice, pair = Heard(), Pair(a_probe("salt"), a_probe("pepper"), "Hello!")
    rounds = list(converse(voice, [pair], methods.NOTHING, Course(rounds=3), wants_attention=True))
    assert [[(one.speaker, one.round, one.verdict) for one in answers] for answers in rounds] == [
        [(0, number, "kept"), (1, number, "kept")] for number in range(4)
    ]
    spoken = [one for one in voice.requests if one.sampling.temperature > 0]
    asked = [one for one in voice.requests if one.sampling.temperature == 0]
    assert (len(spoken), len(asked)) == (6, 8)
    assert not [one for one in spoken for message in one.messages if "?" in message.text]
    first, second = spoken[0].messages, spoken[1].messages
    assert first == [Message("system", "Always say salt"), Message("user", "Hello!")]
    assert second == [Message("system", "Always say pepper"), Message("assistant", "Hello!"), Message("user", "salt 2")]
    outside, inside = asked[0].messages, asked[-2].messages
    assert outside == [Message("system", "Always say salt"), Message("user", "salt?")]
    assert [message.role for message in inside] == ["system", *["user", "assistant"] * 3, "user"]
    assert [message.role for message in asked[-1].messages] == [
        "system",
        *["assistant", "user"] * 3,
        "assistant",
        "user",
    ]
    assert len({one.sampling.seed for one in spoken}) == len(spoken)


def test_methods_say_the_instruction_again_and_ask_the_engine() -> None:
    said = ["one", "two", "three", "four", "five"]
    told = methods.repeated(2).told("Be brief", said)
    assert [message.role for message in told] == ["system", "user", "assistant", "user", "assistant", "system", "user"]
    grown = methods.repeated(2).told("Be brief", [*said, "six", "seven"])
    assert grown[: len(told)] == told, "what was told stays as it was"
    begun = methods.repeated(2).told("Be brief", said, begins=True)
    assert [message.role for message in begun] == [
        "system",
        "assistant",
        "user",
        "assistant",
        "system",
        "user",
        "assistant",
    ]
    request = methods.split(0.7).asked(told, max_tokens=4, sampling=Request(messages=[]).sampling)
    assert (request.focus, request.guidance) == (0.7, 1.0)
    assert methods.guided(1.5).asked(told, max_tokens=4, sampling=request.sampling).guidance == 1.5


def test_every_probe_stands_in_one_pair_or_two() -> None:
    pairs = paired(PROBES, OPENINGS)
    probes = [id(probe) for pair in pairs for probe in (pair.first, pair.second)]
    assert set(probes) == {id(probe) for probe in PROBES}
    assert len(pairs) == (len(PROBES) + 1) // 2
    assert sum(pair.first.kind != pair.second.kind for pair in pairs) > len(pairs) * 0.7
    assert len(paired(PROBES[:1], OPENINGS)) == 1


def answers_of(verdicts: Sequence[Verdict], number: int = 1) -> list[Answer]:
    return [
        Answer(pair=place, speaker=0, round=number, kind="ab"[place % 2], verdict=verdict, text="")
        for place, verdict in enumerate(verdicts)
    ]


def test_what_cannot_be_scored_is_counted_and_left_out() -> None:
    (one,) = by_round(answers_of(["kept", "kept", "broken", "unscored"]))
    assert (one.scored, one.unscored) == (3, 1)
    assert one.stability == pytest.approx(2 / 3)
    assert one.low is not None
    assert one.high is not None
    assert one.low < 2 / 3 < one.high
    (nothing,) = by_round(answers_of(["unscored"]))
    assert (nothing.stability, nothing.low, nothing.unscored) == (None, None, 1)
    assert by_kind(answers_of(["kept", "broken", "kept", "unscored"])) == {"a": 1.0, "b": 0.0}


def test_intervals_are_those_of_wilson_and_stay_between_none_and_all() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # the textbook's case
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == pytest.approx(1)


def test_a_gain_is_told_from_chance_by_pairs() -> None:
    better, worse = answers_of(["kept"] * 30), answers_of(["kept", "broken"] * 15)
    found = gain(better, worse)
    assert found is not None
    assert found[0] == pytest.approx(0.5)
    assert 0.2 < found[1] < 0.5 < found[2] < 0.8
    assert gain(better, better) == (0, 0, 0)
    assert gain(answers_of(["unscored"]), answers_of(["unscored"])) is None


def seen(*attention: float) -> list[Seen]:
    return [Seen(attention=one) for one in attention]


@pytest.mark.parametrize(
    ("turns", "is_to_anchor"),
    [
        ([], False),
        (seen(0.3, 0.3, 0.3, 0.3, 0.3, 0.3), False),
        (seen(0.3, 0.3, 0.3, 0.1, 0.1, 0.1), True),
        (seen(0.3, 0.3, 0.3, 0.1), False),
        (seen(0.3, 0.3, 0.3, 0.2, 0.2, 0.2), False),
        ([Seen(), Seen(), Seen(), Seen(broken=1), Seen(broken=1)], True),
        ([Seen(), Seen(), Seen(), Seen(broken=1), Seen()], False),
        ([Seen(), Seen(broken=2), Seen(broken=2, was_anchored=True), Seen(), Seen(broken=1), Seen(broken=1)], False),
        ([Seen(was_anchored=True), Seen(), Seen(), Seen(broken=1), Seen(broken=1)], True),
    ],
    ids=[
        "none",
        "steady",
        "sunk",
        "too few",
        "a little",
        "broken",
        "broken once",
        "just anchored",
        "anchored long ago",
    ],
)
def test_the_context_is_anchored_again_when_attention_sinks_or_criteria_break(
    turns: list[Seen], is_to_anchor: bool
) -> None:
    advice = advise(turns)
    assert advice.is_to_anchor == is_to_anchor
    assert bool(advice.why) == is_to_anchor
    assert advice.focus == (0.9 if is_to_anchor else 1.0)


def test_k_goes_down_step_by_step_and_no_further_than_its_least() -> None:
    turns = [Seen(broken=1, focus=0.8, was_anchored=True), *[Seen(broken=1, focus=0.8)] * 4]
    assert advise(turns).focus == pytest.approx(0.7)
    assert advise([Seen(broken=1, focus=monitor.LEAST_FOCUS)] * 4).focus == monitor.LEAST_FOCUS
    assert advise([Seen(broken=1)] * 4, focus=0.3).focus == pytest.approx(0.3), "what is configured is never raised"
    assert advise([Seen(broken=1)] * 4, limits=Limits(broken=9)).is_to_anchor is False
