"""The verb behind `telos steer drift`: two copies of the configured model converse, and are probed after each round.

It asks the engine that chats, a few replies at a time, so that whoever chats meanwhile waits for no more than those. The
API calls it, and nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict

from assistant.answers import drift as answers
from assistant.engine.contract import Capability, Engine, Reply, Request, require
from assistant.errors import BadRequest
from assistant.progress import Progress, unheard
from assistant.service import Service
from assistant.steering.drift import methods, scoring
from assistant.steering.drift.conversing import Answer, Course, converse, paired
from assistant.steering.drift.methods import Method
from assistant.steering.drift.probe import Probe
from assistant.steering.drift.probes import OPENINGS, PROBES

AT_ONCE = 8
WHAT = "rounds of conversation"


class _InPortions:
    """An engine asked for a few replies at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        replies: list[Reply] = []
        for start in range(0, len(requests), AT_ONCE):
            replies += self._engine.batch(requests[start : start + AT_ONCE])
        return replies


def measure(service: Service, wish: answers.DriftWish, progress: Progress = unheard) -> answers.Drift:
    """Stability by round for each method that the engine can do.

    Raises: BadRequest for a method that is none; Unavailable without a model; ModelFailed.
    """
    engine = service.engines.of("chat")
    require(engine, Capability.GENERATE, "Measuring drift")
    ways, left_out = _able(engine, _named(wish.methods))
    pairs = paired(_spread(PROBES, wish.probes), OPENINGS)
    course = Course(rounds=wish.rounds)
    total, done = len(ways) * (wish.rounds + 1), 0
    found: dict[str, list[Answer]] = {}
    seconds: dict[str, float] = {}
    for method in ways:
        begun, found[method.name] = time.monotonic(), []
        wants_attention = Capability.FOCUS in engine.capabilities and method.guidance == 1
        for part in converse(_InPortions(engine), pairs, method, course, wants_attention=wants_attention):
            found[method.name] += part
            done += 1
            progress(done, total, WHAT)
        seconds[method.name] = time.monotonic() - begun
    plain = found.get(methods.NOTHING.name)
    return answers.Drift(
        model=engine.name,
        probes=2 * len(pairs),
        lines=[
            answers.DriftLine(
                method=name,
                rounds=[answers.DriftRound(**asdict(one)) for one in scoring.by_round(those)],
                gain=None if plain is None or plain is those else scoring.gain(those, plain),
                seconds=seconds[name],
            )
            for name, those in found.items()
        ],
        left_out=left_out,
    )


def _named(names: Sequence[str]) -> list[Method]:
    known = {method.name: method for method in methods.ALL}
    if unknown := [name for name in names if name not in known]:
        raise BadRequest(f"There is no method {unknown[0]!r}.", f"Name some of: {', '.join(known)}.")
    return [known[name] for name in names] or list(methods.ALL)


def _able(engine: Engine, ways: Sequence[Method]) -> tuple[list[Method], list[str]]:
    """What the engine can do, and a sentence for each method that it cannot."""
    can_focus = Capability.FOCUS in engine.capabilities
    can_guide = Capability.HIDDEN in engine.capabilities  # a model here, which reads two prompts at once
    able: list[Method] = []
    out: list[str] = []
    for method in ways:
        if method.exponent != 1 and not can_focus:
            out.append(f"{method.name}: the engine {engine.name} lets nobody at its attention.")
        elif method.guidance != 1 and not can_guide:
            out.append(f"{method.name}: the engine {engine.name} guides no reply away from another.")
        else:
            able.append(method)
    return able, out


def _spread(probes: Sequence[Probe], number: int) -> list[Probe]:
    """So many of them, from the whole length of the list, so that every family has its share."""
    number = min(number, len(probes))
    return [probes[n * len(probes) // number] for n in range(number)]
