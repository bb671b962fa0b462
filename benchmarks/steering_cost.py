"""What steering costs: a turn steered at `end`, at `start`, and under split-softmax, over the same turn left alone.

2,000 tokens of history are in the session's cache, a message of 64 comes, a reply of 64 is written. `end_ratio`,
`start_ratio` and `split_softmax_ratio`: time to the last token of the reply. `end_total_ratio`: the whole turn, with the
reply read again behind the prompt, which an unsteered turn without a volatile tail need not do; `end_total_ratio_tail` is
with a tail of 200 tokens, after which both read message and reply again. All ways of a pair go on token by token in turn,
so that whatever else the machine does falls on all of them alike; `noise_ratio` is the unsteered turn over another one.
Keys that end in `_cpu` are the same ratios of processor time. The same on a GPU, for an 8B architecture, where there is one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from assistant.engine.contract import Place, Steer
from assistant.generation.decoding import Decoder
from assistant.generation.loading import choose_dtype
from assistant.generation.order import Order, Token
from assistant.steering.choosing import Chooser
from assistant.steering.planner import Planner, Shape
from assistant.steering.split_softmax import Focus
from assistant.steering.training.replay import Replay, Turn
from assistant.steering.up_mapping import by_pca, embeddings_of, mean_norm
from benchmarks.generate_gpu import missing
from benchmarks.random_models import LLAMA_1B, LLAMA_8B, MEDIUM, SMALL, random_model
from benchmarks.report import Unmeasured, arguments, peak_rss_mb, report, say

HISTORY, MESSAGE, REPLY, TAIL = 2000, 64, 64, 200
INSTRUCTIONS, EXPONENT = 200, 0.7
"""Tokens at the beginning that split-softmax raises attention to, and how far."""
TRANSITIONS = 80_000
"""The buffer of the published work."""
RATIOS = ("end_ratio", "end_total_ratio", "end_total_ratio_tail", "start_ratio", "split_softmax_ratio")
CACHE_BYTES = 40 * 10**9


@dataclass(slots=True)
class Spent:
    """Seconds, and seconds of all processors: until the reply's last token came, and until the session was ready again."""

    reply_s: float = 0.0
    reply_cpu_s: float = 0.0
    turn_s: float = 0.0
    turn_cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """One way to take a turn. `is_read_again`: behind its prompt, the reply has to be read for the next turn."""

    order: Order
    is_read_again: bool = False
    has_tail: bool = False


def main() -> None:
    chosen = arguments("steering_cost")
    started = time.perf_counter()
    shape, pairs = (SMALL, 3) if chosen.quick else (MEDIUM, 15)
    dtype = choose_dtype("auto", "cpu")
    model = random_model(shape, device="cpu", dtype=dtype, seed=chosen.seed)
    decoder = Decoder(model, device="cpu", sessions=8, cache_bytes=CACHE_BYTES, stop_ids=set())
    planner = planner_for(model, hidden=1024)
    say(f"a Llama of {sum(one.numel() for one in model.parameters()) / 1e6:.0f} M parameters in {dtype}")
    messages = prompts(shape.vocabulary, chosen.seed)
    short, long = ("plain", "again", "end", "split", "plain_tail", "end_tail"), ("plain", "start")
    spent = rounds(decoder, planner, messages, short, pairs)
    spent_at_start = rounds(decoder, planner, messages, long, max(pairs // 5, 1))
    report(
        "steering_cost",
        seed=chosen.seed,
        quick=chosen.quick,
        started=started,
        parameters=sum(one.numel() for one in model.parameters()),
        dtype=str(dtype).removeprefix("torch."),
        pairs=pairs,
        **ratios(spent, spent_at_start, ""),
        **ratios(spent, spent_at_start, "_cpu"),
        plain_ms=1000 * median(one["plain"].reply_s for one in spent),
        **memory(planner),
        **on_gpu(seed=chosen.seed, quick=chosen.quick),
        peak_rss_mb=peak_rss_mb(),
    )


def planner_for(model: Any, *, hidden: int) -> Planner:
    """An untrained one of the default shape, where the model is: training changes numbers, not what they cost."""
    embeddings = embeddings_of(model)
    shape = Shape(fingerprint="random", width=embeddings.shape[1], norm=mean_norm(embeddings), hidden=hidden)
    planner = Planner(shape)
    by_pca(planner, embeddings)
    made: Planner = planner.to(embeddings.device).eval().requires_grad_(False)
    return made


def prompts(vocabulary: int, seed: int) -> Iterator[list[int]]:
    """Runs of `HISTORY` tokens, without an end."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield torch.randint(3, vocabulary, (HISTORY,), generator=generator).tolist()


def ways(planner: Planner) -> dict[str, Way]:
    def steered(place: Place, session: str) -> Order:
        chooser = Chooser(planner, Steer(planner=Path("untrained"), place=place))
        return Order(max_tokens=REPLY, session=session, steer=chooser)

    return {
        "plain": Way(Order(max_tokens=REPLY, session="plain")),
        "again": Way(Order(max_tokens=REPLY, session="again")),
        "end": Way(steered("end", "end"), is_read_again=True),
        "start": Way(steered("start", "start"), is_read_again=True),
        "split": Way(Order(max_tokens=REPLY, session="split", focus=Focus(0, INSTRUCTIONS, EXPONENT))),
        "plain_tail": Way(Order(max_tokens=REPLY, session="plain tail"), is_read_again=True, has_tail=True),
        "end_tail": Way(steered("end", "end tail"), is_read_again=True, has_tail=True),
    }


def rounds(
    decoder: Decoder,
    planner: Planner,
    draw: Iterator[list[int]],
    names: Sequence[str],
    count: int,
    *,
    at_once: bool = True,
) -> list[dict[str, Spent]]:
    """What each way of a turn took, turn by turn; all begin with the same history, which is read before."""
    history, chosen = next(draw), {name: way for name, way in ways(planner).items() if name in names}
    for way in chosen.values():
        read = Order(max_tokens=0, session=way.order.session, focus=way.order.focus)
        list(decoder.stream(history, read))
    say(f"the history is read for {', '.join(names)}")
    found: list[dict[str, Spent]] = []
    for number in range(count + 1):
        tail, message = next(draw)[:TAIL], next(draw)[:MESSAGE]
        turns = {name: _Turn(decoder, way, history, tail, message) for name, way in chosen.items()}
        found.append(in_turn(turns) if at_once else one_by_one(turns))
        say(f"turn {number}: " + ", ".join(f"{name} {spent.reply_s:.2f} s" for name, spent in found[-1].items()))
    return found[1:]  # the first passes are slow


class _Turn:
    """One way under way: each `step` goes on to its next token."""

    def __init__(self, decoder: Decoder, way: Way, history: list[int], tail: list[int], message: list[int]) -> None:
        self.spent, self.is_over = Spent(), False
        self._decoder, self._way, self._reply = decoder, way, list[int]()
        self._lasting = [*history, *message]
        self._stream = decoder.stream([*history, *tail, *message] if way.has_tail else self._lasting, way.order)

    def step(self) -> None:
        start, start_cpu = time.perf_counter(), time.process_time()
        event = next(self._stream)
        if isinstance(event, Token):
            self._reply.append(event.id)
        else:
            self._read_again()
        took_s, took_cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
        self.spent.turn_s += took_s
        self.spent.turn_cpu_s += took_cpu_s
        if isinstance(event, Token):
            self.spent.reply_s += took_s
            self.spent.reply_cpu_s += took_cpu_s
        self.is_over = not isinstance(event, Token)

    def _read_again(self) -> None:
        if self._way.is_read_again:
            order = Order(max_tokens=0, session=self._way.order.session)
            list(self._decoder.stream([*self._lasting, *self._reply], order))


def in_turn(turns: dict[str, _Turn]) -> dict[str, Spent]:
    """A token of each, then the next of each."""
    while any(not turn.is_over for turn in turns.values()):
        for turn in turns.values():
            if not turn.is_over:
                turn.step()
    return {name: turn.spent for name, turn in turns.items()}


def one_by_one(turns: dict[str, _Turn]) -> dict[str, Spent]:
    """Each to its end: a compiled step serves one reply at a time."""
    for turn in turns.values():
        while not turn.is_over:
            turn.step()
    return {name: turn.spent for name, turn in turns.items()}


def ratios(spent: list[dict[str, Spent]], at_start: list[dict[str, Spent]], of: str) -> dict[str, float]:
    """Medians over the turns; `of` is empty for seconds on the clock and `_cpu` for seconds of processors."""
    reply, turn = f"reply{of}_s", f"turn{of}_s"

    def over(rows: list[dict[str, Spent]], way: str, other: str, what: str) -> float:
        found: list[float] = [getattr(row[way], what) / getattr(row[other], what) for row in rows]
        return median(found)

    return {
        f"end_ratio{of}": over(spent, "end", "plain", reply),
        f"end_total_ratio{of}": over(spent, "end", "plain", turn),
        f"end_total_ratio_tail{of}": over(spent, "end_tail", "plain_tail", turn),
        f"start_ratio{of}": over(at_start, "start", "plain", reply),
        f"split_softmax_ratio{of}": over(spent, "split", "plain", reply),
        f"noise_ratio{of}": over(spent, "again", "plain", reply),
    }


def memory(planner: Planner) -> dict[str, float]:
    """Megabytes of the planner that serves, of one for an 8B model, and of the published number of transitions."""
    state = np.zeros(planner.shape.width, np.float32)
    action = np.zeros(planner.shape.dimension, np.float32)
    turns = [Turn(episode=str(number), step=0, state=state, action=action, reward=1.0) for number in range(100)]
    replay = Replay.of(turns, dimension=planner.shape.dimension)
    arrays = [getattr(replay, field.name) for field in fields(replay)]
    each = sum(array.nbytes for array in arrays if isinstance(array, np.ndarray)) / len(replay)
    with torch.device("meta"):
        large = Planner(Shape(fingerprint="8B", width=LLAMA_8B.width, norm=1.0, hidden=LLAMA_8B.width))
    return {"planner_mb": megabytes(planner), "planner_8b_mb": megabytes(large), "replay_mb": each * TRANSITIONS / 1e6}


def megabytes(planner: Planner) -> float:
    count = int(sum(tensor.nbytes for tensor in planner.state_dict().values()))
    return count / 1e6


def on_gpu(*, seed: int, quick: bool) -> dict[str, Any]:
    """The same for a model of 8B parameters with random weights, in milliseconds too; or why it was not measured."""
    ways = ("plain", "end", "start", "split")
    shape = LLAMA_1B if quick else LLAMA_8B
    if why := missing(shape):
        keys = [*(f"gpu_{key}" for key in RATIOS), *(f"gpu_{way}_ms" for way in ways)]
        return dict.fromkeys(keys, Unmeasured(why))
    model = random_model(shape, device="cuda", dtype=torch.bfloat16, seed=seed)
    decoder = Decoder(model, device="cuda", sessions=8, cache_bytes=CACHE_BYTES, stop_ids=set(), compile=True)
    decoder.probe()
    planner = planner_for(model, hidden=shape.width)
    names = (*ways, "again", "plain_tail", "end_tail")
    spent = rounds(decoder, planner, prompts(shape.vocabulary, seed), names, 3 if quick else 9, at_once=False)
    found = ratios(spent, spent, "")
    milliseconds = {f"gpu_{way}_ms": 1000 * median(one[way].reply_s for one in spent) for way in ways}
    return {f"gpu_{key}": found[key] for key in RATIOS} | milliseconds


if __name__ == "__main__":
    main()
